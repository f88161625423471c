package com.amapped;

/** Not the map service of that name. */
public class RouteBook {
    private final String[] hosts = {"restsdk.amap.com", "lbs.amap.com"};

    public int length() {
        return hosts.length;
    }
}
