package com.example.lookalikes;

import android.app.Activity;
import android.content.Intent;
import android.net.Uri;
import android.os.Bundle;
import com.alipaysdk.PayResult;
import com.amapped.RouteBook;
import com.example.umeng.StatisticsAdapter;
import com.mobile.arcade.Highscore;
import com.tencentish.mm.opensdk.Chat;

/** An app of no SDK that speaks of many. */
public class MainActivity extends Activity {
    @Override
    protected void onCreate(Bundle state) {
        super.onCreate(state);
        new StatisticsAdapter().page("start");
        new Highscore().submit(new RouteBook().length());
        new OaidReader(this).read();
        setTitle(new PayResult("resultStatus={9000};memo={};result={}").status() + new Chat(this).isThere());
        startActivity(new Intent("android.intent.action.VIEW", Uri.parse("alipays://platformapi/startApp")));
        Sdks.start();
    }
}
