package com.example.shop.place;

import android.content.Context;
import android.location.Location;
import android.location.LocationListener;
import android.location.LocationManager;
import android.os.Bundle;

/** Finds the branch nearest to the customer. */
public class NearestShop implements LocationListener {
    /** Told which branch it is. */
    public interface Found {
        void onBranch(String name, int metres);
    }

    private static final double[][] BRANCHES = {{31.23, 121.47}, {39.90, 116.40}, {23.12, 113.26}};
    private static final String[] NAMES = {"Branch at the Bund", "Branch at the Drum Tower", "Branch at Canton Tower"};
    private final LocationManager manager;
    private Found found;

    public NearestShop(Context context) {
        manager = (LocationManager) context.getSystemService(Context.LOCATION_SERVICE);
    }

    public void find(Found found) {
        this.found = found;
        Location last = manager.getLastKnownLocation("network");
        if (last != null) {
            onLocationChanged(last);
        } else {
            manager.requestLocationUpdates("network", 60_000, 500, this);
        }
    }

    @Override
    public void onLocationChanged(Location here) {
        float[] metres = new float[1];
        int best = 0;
        float least = Float.MAX_VALUE;
        for (int at = 0; at < BRANCHES.length; at++) {
            Location.distanceBetween(here.getLatitude(), here.getLongitude(), BRANCHES[at][0], BRANCHES[at][1], metres);
            if (metres[0] < least) {
                least = metres[0];
                best = at;
            }
        }
        found.onBranch(NAMES[best], (int) least);
    }

    @Override
    public void onStatusChanged(String provider, int status, Bundle extras) {}

    @Override
    public void onProviderEnabled(String provider) {}

    @Override
    public void onProviderDisabled(String provider) {}
}
