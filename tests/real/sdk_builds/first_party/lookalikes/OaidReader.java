package com.example.lookalikes;

import android.content.Context;
import android.content.Intent;
import android.database.Cursor;
import android.net.Uri;

/** Asks the vendors' systems for the advertising identifier, without the alliance's SDK. */
public class OaidReader {
    private final Context context;

    public OaidReader(Context context) {
        this.context = context;
    }

    public String read() {
        Uri vivo = Uri.parse("content://com.vivo.vms.IdProvider/IdentifierId/OAID");
        Uri meizu = Uri.parse("content://com.meizu.flyme.openidsdk/");
        Uri nubia = Uri.parse("content://cn.nubia.identity/identity");
        for (Uri uri : new Uri[] {vivo, meizu, nubia}) {
            Cursor row = context.getContentResolver().query(uri, null, null, new String[] {"oaid"}, null);
            if (row != null && row.moveToNext()) {
                return row.getString(0);
            }
        }
        Intent huawei = new Intent("com.uodis.opendevice.OPENIDS_SERVICE").setPackage("com.huawei.hwid");
        Intent oppo = new Intent("action.com.heytap.openid.OPEN_ID_SERVICE").setPackage("com.heytap.openid");
        Intent zui = new Intent().setClassName("com.zui.deviceidservice", "com.zui.deviceidservice.DeviceidService");
        return "" + huawei + oppo + zui;
    }
}
