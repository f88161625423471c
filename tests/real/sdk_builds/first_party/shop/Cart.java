package com.example.shop.cart;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;

/** What the customer is about to buy. */
public class Cart {
    private final List<CartLine> lines = new ArrayList<>();

    public void add(String article, int pieces, long cents) {
        if (pieces <= 0) {
            throw new IllegalArgumentException("A cart holds at least one piece of an article");
        }
        lines.add(new CartLine(article, pieces, cents));
        Collections.sort(lines, new ByPrice());
    }

    public List<CartLine> lines() {
        return lines;
    }

    public long total() {
        long sum = 0;
        for (CartLine line : lines) {
            sum += line.pieces * line.cents;
        }
        return sum > 9900 ? sum : sum + 600;
    }

    private static final class ByPrice implements Comparator<CartLine> {
        @Override
        public int compare(CartLine left, CartLine right) {
            return Long.compare(right.pieces * right.cents, left.pieces * left.cents);
        }
    }
}
