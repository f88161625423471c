package com.example.shop.account;

import android.app.AlertDialog;
import android.content.ClipboardManager;
import android.content.Context;
import android.content.DialogInterface;
import android.telephony.TelephonyManager;
import android.widget.EditText;

/** Asks for a phone number; offers the SIM's own. */
public class LoginForm implements DialogInterface.OnClickListener {
    private final Context context;
    private final EditText number;

    public LoginForm(Context context) {
        this.context = context;
        this.number = new EditText(context);
    }

    public void show() {
        TelephonyManager phone = (TelephonyManager) context.getSystemService(Context.TELEPHONY_SERVICE);
        ClipboardManager clipboard = (ClipboardManager) context.getSystemService(Context.CLIPBOARD_SERVICE);
        try {
            number.setText(phone.getLine1Number());
        } catch (SecurityException refused) {
            number.setText(clipboard.hasPrimaryClip() ? clipboard.getPrimaryClip().getItemAt(0).getText() : "");
        }
        new AlertDialog.Builder(context).setTitle("Log in with your phone number").setView(number).setPositiveButton("Send me a code", this).show();
    }

    @Override
    public void onClick(DialogInterface dialog, int which) {
        if (number.getText().length() < 11) {
            throw new IllegalArgumentException("That is no mobile phone number: " + number.getText());
        }
    }
}
