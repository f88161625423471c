package com.example.shop.sync;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HashSet;
import java.util.Set;

/** Friends by the hash of their name. */
final class FriendBook {
    private final Set<String> hashes = new HashSet<>();

    void add(String name) {
        try {
            StringBuilder hex = new StringBuilder();
            for (byte one : MessageDigest.getInstance("SHA-256").digest(name.getBytes())) {
                hex.append(Integer.toHexString(one & 0xff));
            }
            hashes.add(hex.toString());
        } catch (NoSuchAlgorithmException missing) {
            throw new IllegalStateException("This device knows no SHA-256, friends cannot be kept", missing);
        }
    }

    int size() {
        return hashes.size();
    }
}
