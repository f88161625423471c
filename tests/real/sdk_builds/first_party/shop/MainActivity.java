package com.example.shop;

import android.app.Activity;
import android.content.Intent;
import android.os.Bundle;
import android.util.Log;
import com.example.shop.account.LoginForm;
import com.example.shop.account.Session;
import com.example.shop.cart.Cart;
import com.example.shop.cart.CartStore;
import com.example.shop.device.DeviceReport;
import com.example.shop.net.Catalogue;
import com.example.shop.place.NearestShop;
import com.example.shop.sync.SyncService;

/** The activity a launcher starts. */
public class MainActivity extends Activity {
    private final Cart cart = new Cart();
    private Session session;

    @Override
    protected void onCreate(Bundle state) {
        super.onCreate(state);
        session = Session.restore(this);
        new CartStore(this).load(cart);
        new Catalogue("https://shop.example.com/api/v2/goods").fetch(goods -> Log.i("Shop", "goods on sale today: " + goods.size()));
        new NearestShop(this).find((name, metres) -> setTitle(name + ", " + metres + " m"));
        if (!session.isOpen()) {
            new LoginForm(this).show();
        }
        startService(new Intent(this, SyncService.class));
        Log.d("Shop", new DeviceReport(this).describe());
        Sdks.start();
    }

    @Override
    protected void onPause() {
        super.onPause();
        new CartStore(this).save(cart);
    }
}
