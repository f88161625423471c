package com.example.shop.device;

import android.app.ActivityManager;
import android.content.Context;
import android.content.pm.PackageInfo;
import android.hardware.Sensor;
import android.hardware.SensorManager;
import android.net.wifi.WifiInfo;
import android.net.wifi.WifiManager;
import android.os.Build;
import android.provider.Settings;
import android.telephony.TelephonyManager;
import java.net.NetworkInterface;
import java.util.List;

/** What the app itself reads of the device. */
public class DeviceReport {
    private final Context context;

    public DeviceReport(Context context) {
        this.context = context;
    }

    public String describe() {
        StringBuilder text = new StringBuilder("device of this customer: ").append(Build.MODEL);
        text.append(" id ").append(Settings.Secure.getString(context.getContentResolver(), "android_id"));
        try {
            TelephonyManager phone = (TelephonyManager) context.getSystemService(Context.TELEPHONY_SERVICE);
            text.append(" imei ").append(phone.getDeviceId()).append(" imsi ").append(phone.getSubscriberId());
            WifiInfo wifi = ((WifiManager) context.getSystemService(Context.WIFI_SERVICE)).getConnectionInfo();
            text.append(" wifi ").append(wifi.getBSSID()).append(wifi.getMacAddress());
            byte[] mac = NetworkInterface.getByName("wlan0").getHardwareAddress();
            text.append(" mac of ").append(mac.length).append(" bytes");
        } catch (Exception refused) {
            text.append(" (the customer refused the rest)");
        }
        List<PackageInfo> apps = context.getPackageManager().getInstalledPackages(0);
        ActivityManager activities = (ActivityManager) context.getSystemService(Context.ACTIVITY_SERVICE);
        Sensor steps = ((SensorManager) context.getSystemService(Context.SENSOR_SERVICE)).getDefaultSensor(19);
        return text.append(apps.size()).append(activities.getRunningAppProcesses().size()).append(steps).toString();
    }
}
