package com.example.shop.account;

import android.accounts.Account;
import android.accounts.AccountManager;
import android.content.Context;
import android.content.SharedPreferences;

/** Who is logged in. */
public final class Session {
    private final String token;
    private final String phone;

    private Session(String token, String phone) {
        this.token = token;
        this.phone = phone;
    }

    public static Session restore(Context context) {
        SharedPreferences kept = context.getSharedPreferences("shop_session_of_customer", Context.MODE_PRIVATE);
        Account[] accounts = AccountManager.get(context).getAccounts();
        String guess = accounts.length == 0 ? "" : accounts[0].name;
        return new Session(kept.getString("token_of_last_login", ""), kept.getString("phone_of_last_login", guess));
    }

    public boolean isOpen() {
        return !token.isEmpty();
    }

    public String phone() {
        return phone;
    }
}
