package com.example.shop.net;

import android.os.AsyncTask;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.HttpURLConnection;
import java.net.URL;
import java.util.ArrayList;
import java.util.List;
import org.json.JSONArray;
import org.json.JSONException;

/** Fetches the goods on sale. */
public class Catalogue {
    /** Told what is on sale. */
    public interface Listener {
        void onGoods(List<String> goods);
    }

    private final String address;

    public Catalogue(String address) {
        this.address = address;
    }

    public void fetch(final Listener listener) {
        new AsyncTask<Void, Void, List<String>>() {
            @Override
            protected List<String> doInBackground(Void... nothing) {
                try {
                    return read();
                } catch (IOException | JSONException failed) {
                    return new ArrayList<>();
                }
            }

            @Override
            protected void onPostExecute(List<String> goods) {
                listener.onGoods(goods);
            }
        }.execute();
    }

    private List<String> read() throws IOException, JSONException {
        HttpURLConnection connection = (HttpURLConnection) new URL(address).openConnection();
        connection.setRequestProperty("User-Agent", "ExampleShop/4.2 (goods of the day)");
        if (connection.getResponseCode() != 200) {
            throw new ShopDown("The shop answers with " + connection.getResponseCode());
        }
        StringBuilder text = new StringBuilder();
        BufferedReader reader = new BufferedReader(new InputStreamReader(connection.getInputStream(), "UTF-8"));
        for (String line = reader.readLine(); line != null; line = reader.readLine()) {
            text.append(line);
        }
        JSONArray array = new JSONArray(text.toString());
        List<String> goods = new ArrayList<>();
        for (int at = 0; at < array.length(); at++) {
            goods.add(array.getJSONObject(at).getString("name_of_article"));
        }
        return goods;
    }
}
