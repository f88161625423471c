package com.example.shop.cart;

import android.content.ContentValues;
import android.content.Context;
import android.database.Cursor;
import android.database.sqlite.SQLiteDatabase;
import android.database.sqlite.SQLiteOpenHelper;

/** Keeps the cart between starts. */
public class CartStore extends SQLiteOpenHelper {
    public CartStore(Context context) {
        super(context, "shop_cart.db", null, 3);
    }

    @Override
    public void onCreate(SQLiteDatabase db) {
        db.execSQL("CREATE TABLE cart_line (article TEXT PRIMARY KEY, pieces INTEGER, cents INTEGER)");
    }

    @Override
    public void onUpgrade(SQLiteDatabase db, int from, int to) {
        db.execSQL("DROP TABLE IF EXISTS cart_line");
        onCreate(db);
    }

    public void load(Cart cart) {
        Cursor rows = getReadableDatabase().rawQuery("SELECT article, pieces, cents FROM cart_line ORDER BY cents", null);
        while (rows.moveToNext()) {
            cart.add(rows.getString(0), rows.getInt(1), rows.getLong(2));
        }
        rows.close();
    }

    public void save(Cart cart) {
        SQLiteDatabase db = getWritableDatabase();
        db.delete("cart_line", null, null);
        for (CartLine line : cart.lines()) {
            ContentValues row = new ContentValues();
            row.put("article", line.article);
            row.put("pieces", line.pieces);
            row.put("cents", line.cents);
            db.insert("cart_line", null, row);
        }
    }
}
