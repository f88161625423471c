package com.example.shop.cart;

/** One article of a cart. */
final class CartLine {
    final String article;
    final int pieces;
    final long cents;

    CartLine(String article, int pieces, long cents) {
        this.article = article;
        this.pieces = pieces;
        this.cents = cents;
    }

    @Override
    public String toString() {
        return pieces + " pieces of article " + article + " at " + cents / 100.0 + " each";
    }
}
