package com.mobile.arcade;

/** com.mob is somebody else. */
public class Highscore {
    private long best;

    public void submit(long points) {
        best = Math.max(best, points);
    }
}
