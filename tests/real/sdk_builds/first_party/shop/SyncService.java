package com.example.shop.sync;

import android.app.Service;
import android.content.Intent;
import android.database.Cursor;
import android.os.IBinder;
import android.provider.ContactsContract;
import android.util.Log;

/** Looks for friends of the customer who buy here too. */
public class SyncService extends Service implements Runnable {
    @Override
    public int onStartCommand(Intent intent, int flags, int id) {
        new Thread(this, "shop-friends-sync").start();
        return START_NOT_STICKY;
    }

    @Override
    public void run() {
        Cursor friends = getContentResolver().query(ContactsContract.Contacts.CONTENT_URI, null, null, null, null);
        FriendBook book = new FriendBook();
        while (friends != null && friends.moveToNext()) {
            book.add(friends.getString(0));
        }
        Log.i("Shop", "friends of this customer who buy here: " + book.size());
    }

    @Override
    public IBinder onBind(Intent intent) {
        return null;
    }
}
