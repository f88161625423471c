package com.example.umeng;

import android.util.Log;

/** The app's own adapter, for an SDK that this flavour of the build leaves out. */
public class StatisticsAdapter {
    public void page(String name) {
        try {
            Class.forName("com.umeng.analytics.MobclickAgent").getMethod("onPageStart", String.class).invoke(null, name);
        } catch (ReflectiveOperationException absent) {
            Log.d("Statistics", "this flavour has no statistics: com.umeng.commonsdk.UMConfigure");
        }
    }
}
