package com.tencentish.mm.opensdk;

import android.content.Context;
import android.content.pm.PackageManager;

/** Asks whether a messenger is installed. */
public class Chat {
    private final Context context;

    public Chat(Context context) {
        this.context = context;
    }

    public boolean isThere() {
        try {
            return context.getPackageManager().getPackageInfo("com.tencent.mm", 0) != null;
        } catch (PackageManager.NameNotFoundException absent) {
            return false;
        }
    }
}
