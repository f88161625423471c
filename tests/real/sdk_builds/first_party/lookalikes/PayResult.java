package com.alipaysdk;

/** Takes an answer of the cashier apart; apps copied such a class from the vendor's sample. */
public class PayResult {
    private String status = "";

    public PayResult(String raw) {
        for (String part : raw.split(";")) {
            if (part.startsWith("resultStatus")) {
                status = part.substring(part.indexOf('{') + 1, part.lastIndexOf('}'));
            }
        }
    }

    public String status() {
        return status;
    }
}
