package com.example.shop.net;

import java.io.IOException;

/** The shop does not answer. */
public class ShopDown extends IOException {
    public ShopDown(String why) {
        super("Shop is closed for maintenance, please come back later: " + why);
    }
}
