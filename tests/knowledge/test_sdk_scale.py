"""Which SDK a class belongs to, for every described SDK, and which look-alikes belong to none."""

from __future__ import annotations

import pytest

from auditor.infer.sdks import PackageIndex, find_sdks
from auditor.knowledge.load import load
from auditor.knowledge.names import resolve
from auditor.knowledge.schema import Strength, TraceKind
from auditor.model import FactKind, Platform, SdkTier
from tests.factories import build, fact


@pytest.fixture(scope="module")
def knowledge():
    return load()


@pytest.fixture(scope="module")
def index(knowledge):
    return PackageIndex(knowledge)


def proved(index, name):
    return [sdk for sdk, strength in index.owners(name)[1] if strength is Strength.PROVES]


@pytest.mark.parametrize(
    ("name", "sdk"),
    [
        ("com.huawei.hms.location.FusedLocationProviderClient", "huawei-hms-location"),
        ("com.huawei.hms.maps.HuaweiMap", "huawei-hms-map"),
        ("com.huawei.hms.support.hwid.HuaweiIdAuthManager", "huawei-hms-account"),
        ("com.huawei.hms.iap.Iap", "huawei-hms-iap"),
        ("com.huawei.hms.jos.JosApps", "huawei-hms-game"),
        ("com.huawei.hms.analytics.HiAnalytics", "huawei-hms-analytics"),
        ("com.huawei.hms.support.api.safetydetect.SafetyDetect", "huawei-hms-safety"),
        ("com.huawei.hms.hihealth.HuaweiHiHealth", "huawei-hms-health"),
        ("com.hihonor.adsdk.base.HnAds", "honor-ads"),
        ("com.miui.zeus.mimo.sdk.MimoSdk", "xiaomi-ads"),
        ("com.xiaomi.mistatistic.sdk.MiStatInterface", "xiaomi-stat"),
        ("com.xiaomi.gamecenter.sdk.MiCommplatform", "xiaomi-game"),
        ("com.opos.mobad.service.AdService", "oppo-ads"),
        ("com.heytap.usercenter.accountsdk.utils.UCAccountSDKInitProvider", "oppo-account"),
        ("com.nearme.game.sdk.GameCenterSDK", "oppo-game"),
        ("com.vivo.mobilead.manager.VivoAdManager", "vivo-ads"),
        ("com.vivo.unionsdk.open.VivoUnionSDK", "vivo-game"),
        ("com.alibaba.sdk.android.push.MsgService", "aliyun-push"),
        ("com.ut.mini.UTFields", "aliyun-man"),
        ("com.alibaba.sdk.android.feedback.util.ErrorCode", "aliyun-feedback"),
        ("com.alibaba.sdk.android.oss.OSSClient", "aliyun-oss"),
        ("com.aliyun.sls.android.sdk.LogException", "aliyun-log"),
        ("com.mobile.auth.gatewayauth.LoginAuthActivity", "aliyun-pnvs"),
        ("com.alipay.face.api.ZIMFacade", "aliyun-face"),
        ("com.aliyun.player.AliPlayerFactory", "aliyun-player"),
        ("com.alibaba.idst.nui.NativeNui", "aliyun-speech"),
        ("com.alibaba.ha.adapter.AliHaAdapter", "aliyun-ha"),
        ("com.taobao.sophix.SophixManager", "aliyun-sophix"),
        ("com.alibaba.wireless.security.SecExceptionCode", "alibaba-securityguard"),
        ("com.alibaba.alibclinkpartner.ALPTBLinkPartnerSDK", "baichuan"),
        ("com.alimm.tanx.core.ad.browser.TanxBrowserActivity", "alibaba-tanx"),
        ("com.alipay.mobile.nebula.util.H5Utils", "mpaas"),
        ("com.umeng.umcrash.UMCrash", "umeng-apm"),
        ("com.umeng.umverify.UMVerifyHelper", "umeng-verify"),
        ("cn.jiguang.verifysdk.CtLoginActivity", "jverification"),
        ("cn.jpush.im.android.api.JMessageClient", "jmessage"),
        ("cn.jiguang.analytics.android.api.JAnalyticsInterface", "janalytics"),
        ("cn.jiguang.share.android.api.JShareInterface", "jshare"),
        ("com.cmic.gen.sdk.auth.GenAuthnHelper", "cmcc-sso"),
        ("com.unicom.online.account.shield.ResultListener", "unicom-account"),
        ("cn.com.chinatelecom.account.api.CtAuth", "telecom-account"),
        ("com.chuanglan.shanyan_sdk.OneKeyLoginManager", "shanyan"),
        ("cn.smssdk.SMSSDKCore", "mob-smssdk"),
        ("com.mob.pushsdk.MobPush", "mob-push"),
        ("com.mob.moblink.MobLink", "mob-link"),
        ("com.mob.secverify.SecVerify", "mob-secverify"),
        ("com.netease.nimlib.NimNosSceneKeyConstant", "netease-nim"),
        ("com.netease.lava.nertc.sdk.NERtc", "netease-nertc"),
        ("com.netease.mobsec.WatchMan", "netease-yidun"),
        ("com.qiyukf.nimlib.NimNosSceneKeyConstant", "netease-qiyu"),
        ("com.netease.nis.bugrpt.CrashHandler", "netease-bugrpt"),
        ("io.rong.imkit.RongIM", "rongcloud"),
        ("com.hyphenate.chat.EMBase", "easemob"),
        ("im.zego.zegoexpress.ZegoExpressEngine", "zego"),
        ("com.tencent.trtc.TRTCCloud", "tencent-liteav"),
        ("com.tencent.android.tpush.TpnsActivity", "tencent-tpns"),
        ("com.tencent.stat.StatMid", "tencent-mta"),
        ("com.tencent.beacon.event.UserAction", "tencent-beacon"),
        ("com.tencent.qimei.sdk.Qimei", "tencent-qimei"),
        ("com.tencent.qapmsdk.QAPM", "tencent-qapm"),
        ("com.uqm.crashsight.CrashSight", "tencent-crashsight"),
        ("com.tencent.cos.xml.CosXmlService", "tencent-cos"),
        ("com.tencent.cloud.huiyansdkface.facelight.ui.FaceGuideActivity", "tencent-face"),
        ("com.tencent.captchasdk.TCaptchaPopupActivity", "tencent-captcha"),
        ("com.tencent.TMG.ITMGContext", "tencent-gme"),
        ("com.tencent.midas.wx.APMidasWXPayActivity", "tencent-midas"),
        ("com.tencent.gcloud.msdk.MSDKPlatform", "tencent-msdk"),
        ("com.tencent.wework.api.IWWAPI", "tencent-wework"),
        ("com.tencent.aai.AAIClient", "tencent-speech"),
        ("com.baidu.android.pushservice.Internal", "baidu-push"),
        ("com.baidu.idl.face.platform.FaceSDKManager", "baidu-face"),
        ("com.baidu.sofire.MyService", "baidu-sofire"),
        ("com.bytedance.applog.AppLog", "rangers-applog"),
        ("com.apm.insight.MonitorCrash", "volc-apm"),
        ("com.ss.bytertc.engine.RTCVideo", "volc-rtc"),
        ("com.ss.ttvideoengine.TTVideoEngine", "volc-vod"),
        ("com.bytedance.push.alive.ForegroundService", "volc-push"),
        ("com.bytedance.sdk.open.douyin.ui.DouYinWebAuthorizeActivity", "douyin-open"),
        ("com.tiktok.open.sdk.auth.AuthApi", "tiktok-open"),
        ("com.tiktok.TikTokBusinessSdk", "tiktok-business"),
        ("com.kwai.opensdk.sdk.LoadingActivity", "kuaishou-open"),
        ("com.kwai.monitor.log.TurboAgent", "kuaishou-monitor"),
        ("com.bilibili.lib.accountoauth.OauthWebActivity", "bilibili-open"),
        ("com.xingin.xhssharesdk.core.XhsShareActivity", "xiaohongshu-share"),
        ("com.ishumei.smantifraud.SmAntiFraud", "ishumei"),
        ("cn.tongdun.android.shell.FMAgent", "tongdun"),
        ("com.dingxiang.mobile.risk.DXRisk", "dingxiang"),
        ("com.geetest.core.Utils", "geetest"),
        ("cn.shuzilm.core.Main", "shuzilm"),
        ("com.megvii.lv5.nfc.guild.NFCDetectActivity", "megvii"),
        ("com.sensetime.stmobile.STMobileHumanActionNative", "sensetime"),
        ("cn.cloudwalk.sdk.CloudwalkSDK", "cloudwalk"),
        ("com.arcsoft.face.FaceEngine", "arcsoft-face"),
        ("com.faceunity.nama.FURenderer", "faceunity"),
        ("com.growingio.android.sdk.api.TagAPI", "growingio"),
        ("com.zhuge.analysis.stat.ZhugeSDK", "zhugeio"),
        ("cn.thinkingdata.android.ThinkingAnalyticsSDK", "thinkingdata"),
        ("com.reyun.tracking.sdk.Tracking", "reyun"),
        ("com.eguan.monitor.EguanMonitorAgent", "analysys"),
        ("com.admaster.jice.api.JiceSDK", "admaster"),
        ("cn.com.mma.mobile.tracking.api.Countly", "miaozhen"),
        ("com.sigmob.windad.WindAds", "sigmob"),
        ("com.mbridge.msdk.MBridgeSDK", "mintegral"),
        ("com.anythink.core.api.ATSDK", "topon"),
        ("com.tp.adx.open.AdError", "tradplus"),
        ("com.beizi.ad.BeiZi", "beizi"),
        ("com.jd.ad.sdk.work.JadPlacementParams", "jd-ads"),
        ("com.kepler.jd.sdk.WebViewActivity", "jd-kepler"),
        ("com.jdpaysdk.author.JDPayAuthor", "jd-pay"),
        ("com.sogou.feedads.init.Gender", "sogou-ads"),
        ("com.youdao.sdk.nativeads.YouDaoNative", "youdao-ads"),
        ("com.iflytek.voiceads.AdError", "iflytek-ads"),
        ("com.meishu.sdk.core.AdSdk", "meishu-ads"),
        ("com.kc.openset.OSETSDK", "adset"),
        ("cn.admobiletop.adsuyi.ADSuyiSdk", "adsuyi"),
        ("net.youmi.android.AdManager", "youmi"),
        ("com.ximalaya.ting.android.player.Logger", "ximalaya-open"),
        ("com.fm.openinstall.OpenInstall", "openinstall"),
        ("com.xinstall.XInstall", "xinstall"),
        ("com.sh.sdk.shareinstall.ShareInstall", "shareinstall"),
        ("com.microquation.linkedme.android.LinkedME", "linkedme"),
        ("com.zxinsight.MWConfiguration", "mlink"),
        ("com.meiqia.core.MeiQiaService", "meiqia"),
        ("cn.udesk.UdeskSDKManager", "udesk"),
        ("com.sobot.chat.activity.WebViewActivity", "sobot"),
        ("com.moor.imkf.IMChatManager", "moor-7"),
        ("com.yuntongxun.ecsdk.ECDevice", "yuntongxun"),
        ("com.networkbench.agent.impl.NBSAgent", "tingyun"),
        ("com.oneapm.agent.android.OneApmAgent", "oneapm"),
        ("com.bugtags.library.Bugtags", "bugtags"),
        ("com.qiniu.android.dns.Domain", "qiniu"),
        ("com.upyun.library.common.UploadEngine", "upyun"),
        ("cn.leancloud.AVOSCloud", "leancloud"),
        ("cn.bmob.v3.BmobACL", "bmob"),
        ("com.aispeech.AIEngine", "aispeech"),
        ("com.unisound.client.SpeechUnderstander", "unisound"),
        ("com.hpplay.sdk.sink.business.TipActivity", "lebo-cast"),
        ("com.juphoon.cloud.JCLog", "juphoon"),
        ("com.bairuitech.anychat.AnyChatCoreSDK", "anychat"),
        ("com.easefun.polyvsdk.PolyvSDKClient", "polyv"),
        ("com.taptap.sdk.TapTapActivity", "taptap"),
        ("cmb.pb.cmbsafe.CmbService", "cmb-pay"),
        ("com.bestpay.app.H5PayActivity", "bestpay"),
        ("com.pingplusplus.android.PaymentActivity", "pingpp"),
        ("com.pgyersdk.crash.PgyCrashManager", "pgyer"),
        ("com.didichuxing.doraemonkit.DoraemonKit", "dokit"),
        ("com.eidlink.idocr.sdk.EidLinkSE", "eid-sdk"),
        ("com.google.android.gms.location.Geofence", "gms-location"),
        ("com.google.android.gms.maps.MapView", "gms-maps"),
        ("com.google.android.libraries.places.api.Places", "google-places"),
        ("com.google.android.gms.auth.api.signin.RevocationBoundService", "google-sign-in"),
        ("com.google.android.gms.safetynet.SafetyNet", "gms-safetynet"),
        ("com.google.android.gms.games.Games", "gms-games"),
        ("com.google.android.gms.wallet.Wallet", "gms-wallet"),
        ("com.google.android.gms.cast.MediaInfo", "gms-cast"),
        ("com.google.android.gms.vision.Frame", "gms-vision"),
        ("com.google.mlkit.common.MlKit", "google-mlkit"),
        ("com.google.android.gms.analytics.Logger", "google-analytics-legacy"),
        ("com.google.android.gms.tagmanager.Container", "google-tag-manager"),
        ("com.google.android.ump.FormError", "google-ump"),
        ("com.google.ads.interactivemedia.v3.api.ImaSdkFactory", "google-ima"),
        ("com.android.billingclient.api.Purchase", "google-play-billing"),
        ("com.google.android.play.core.tasks.Tasks", "google-play-core"),
        ("com.android.installreferrer.api.ReferrerDetails", "google-install-referrer"),
        ("com.crashlytics.android.Crashlytics", "firebase-crashlytics"),
        ("com.google.firebase.perf.FirebasePerformance", "firebase-perf"),
        ("com.google.firebase.remoteconfig.FirebaseRemoteConfig", "firebase-remote-config"),
        ("com.google.firebase.inappmessaging.EventType", "firebase-inappmessaging"),
        ("com.google.firebase.dynamiclinks.DynamicLink", "firebase-dynamic-links"),
        ("com.google.firebase.firestore.FirebaseFirestore", "firebase-database"),
        ("com.facebook.ads.AdSize", "meta-audience-network"),
        ("com.applovin.sdk.AppLovinAd", "applovin"),
        ("com.unity3d.ads.AdFormat", "unity-ads"),
        ("com.unity3d.player.HFPStatus", "unity-engine"),
        ("com.ironsource.sdk.ISAdSize", "ironsource"),
        ("com.vungle.ads.BaseAd", "vungle"),
        ("com.chartboost.sdk.Analytics", "chartboost"),
        ("com.inmobi.ads.GifView", "inmobi"),
        ("com.tapjoy.Tapjoy", "tapjoy"),
        ("com.adcolony.sdk.AdColony", "adcolony"),
        ("com.fyber.inneractive.sdk.util.IAlog", "fyber"),
        ("com.smaato.soma.AdType", "smaato"),
        ("com.mopub.common.MoPub", "mopub"),
        ("com.amazon.device.ads.AdData", "amazon-ads"),
        ("com.amazonaws.mobile.client.AWSMobileClient", "aws-mobile"),
        ("com.hyprmx.android.sdk.core.HyprMX", "hyprmx"),
        ("tv.superawesome.lib.sabumperpage.SABumperPage", "superawesome"),
        ("sg.bigo.ads.BigoAdSdk", "bigo-ads"),
        ("com.monetization.ads.nativeads.ExtendedNativeAdView", "yandex-ads"),
        ("com.yandex.metrica.Revenue", "appmetrica"),
        ("com.my.target.common.BaseAd", "mytarget"),
        ("com.heyzap.http.Base64", "heyzap"),
        ("com.startapp.sdk.adsbase.StartAppSDK", "startapp"),
        ("com.appodeal.ads.Appodeal", "appodeal"),
        ("com.criteo.publisher.Criteo", "criteo"),
        ("com.amplitude.core.State", "amplitude"),
        ("com.mixpanel.android.util.MPLog", "mixpanel"),
        ("com.segment.analytics.Stats", "segment-analytics"),
        ("com.braze.Braze", "braze"),
        ("com.clevertap.android.sdk.Utils", "clevertap"),
        ("com.onesignal.OSTime", "onesignal"),
        ("com.urbanairship.UAirship", "airship"),
        ("com.leanplum.Leanplum", "leanplum"),
        ("com.moengage.core.MoEngage", "moengage"),
        ("com.pushwoosh.Pushwoosh", "pushwoosh"),
        ("io.branch.referral.Branch", "branch-io"),
        ("com.kochava.base.Tracker", "kochava"),
        ("com.singular.sdk.Events", "singular"),
        ("com.tenjin.android.TenjinSDK", "tenjin"),
        ("com.flurry.android.Consent", "flurry"),
        ("com.localytics.android.Localytics", "localytics"),
        ("com.newrelic.agent.android.Agent", "new-relic"),
        ("com.datadog.android.DatadogSite", "datadog"),
        ("com.instabug.library.Feature", "instabug"),
        ("com.microsoft.appcenter.Flags", "appcenter"),
        ("net.hockeyapp.android.Tracking", "hockeyapp"),
        ("io.sentry.ILogger", "sentry"),
        ("com.bugsnag.android.Thread", "bugsnag"),
        ("com.comscore.Analytics", "comscore"),
        ("com.adobe.marketing.mobile.MobileCore", "adobe-experience"),
        ("ly.count.android.sdk.Countly", "countly"),
        ("com.gameanalytics.sdk.GameAnalytics", "gameanalytics"),
        ("io.radar.sdk.Radar", "radar-io"),
        ("com.foursquare.pilgrim.PilgrimSdk", "foursquare"),
        ("io.huq.sourcekit.HISourceKit", "huq"),
        ("io.xmode.locationsdk.XmodeSDK", "xmode"),
        ("com.mapbox.mapboxsdk.Mapbox", "mapbox"),
        ("com.here.sdk.core.engine.SDKNativeEngine", "here-maps"),
        ("com.twitter.sdk.android.Twitter", "twitter-kit"),
        ("com.linkedin.platform.LISessionManager", "linkedin"),
        ("com.linecorp.linesdk.Scope", "line-login"),
        ("com.kakao.sdk.auth.AuthApi", "kakao"),
        ("com.navercorp.nid.NaverIdLoginSDK", "naver-login"),
        ("com.vk.sdk.VKSdk", "vk-login"),
        ("com.snapchat.kit.sdk.SnapLogin", "snap-kit"),
        ("com.spotify.sdk.android.authentication.LoginDialog", "spotify"),
        ("com.paypal.checkout.PayPalCheckout", "paypal"),
        ("com.braintreepayments.api.BrowserSwitchException", "braintree"),
        ("com.stripe.android.Logger", "stripe"),
        ("sqip.CardEntry", "square-payments"),
        ("com.razorpay.E__a_", "razorpay"),
        ("com.cardinalcommerce.cardinalmobilesdk.models.Payment", "cardinal"),
        ("io.card.payment.Torch", "card-io"),
        ("zendesk.chat.Agent", "zendesk"),
        ("io.intercom.android.sdk.Company", "intercom-messenger"),
        ("com.freshchat.consumer.sdk.Freshchat", "freshchat"),
        ("com.helpshift.Core", "helpshift"),
        ("com.salesforce.android.encryption.Encrypter", "salesforce"),
        ("com.twilio.video.Video", "twilio"),
        ("com.pusher.client.Client", "pusher"),
        ("io.ably.lib.realtime.AblyRealtime", "ably"),
        ("com.pubnub.api.PubNub", "pubnub"),
        ("com.threatmetrix.TrustDefender.Config", "threatmetrix"),
        ("com.onetrust.otpublishers.headless.UI.UIType", "onetrust"),
        ("com.revenuecat.purchases.Purchases", "revenuecat"),
        ("io.reactivex.Observable", "rxjava"),
        ("retrofit2.Retrofit", "retrofit"),
        ("com.google.gson.Gson", "gson"),
        ("com.alibaba.fastjson.JSONPath", "fastjson"),
        ("com.fasterxml.jackson.core.Version", "jackson"),
        ("com.squareup.moshi.JsonReader", "moshi"),
        ("com.squareup.picasso.Cache", "picasso"),
        ("com.nostra13.universalimageloader.utils.IoUtils", "universal-image-loader"),
        ("coil.decode.DataSource", "coil"),
        ("de.greenrobot.event.ThreadMode", "eventbus"),
        ("org.greenrobot.greendao.DaoLog", "greendao"),
        ("butterknife.Action", "butterknife"),
        ("dagger.internal.Linker", "dagger"),
        ("com.google.common.base.Ascii", "guava"),
        ("com.android.volley.Cache", "volley"),
        ("com.airbnb.lottie.Layer", "lottie"),
        ("com.google.android.exoplayer2.Format", "exoplayer"),
        ("tv.danmaku.ijk.media.player.StatInfo", "ijkplayer"),
        ("com.shuyu.gsyvideoplayer.GSYBaseActivityDetail", "gsyvideoplayer"),
        ("org.videolan.libvlc.Media", "libvlc"),
        ("io.realm.Realm", "realm"),
        ("com.tencent.mmkv.NameSpace", "mmkv"),
        ("com.tencent.wcdb.database.SQLiteDatabase", "wcdb"),
        ("com.tencent.mars.xlog.Xlog", "mars-xlog"),
        ("com.tencent.matrix.backtrace.WarmUpService", "tencent-matrix"),
        ("com.tencent.tinker.lib.service.TinkerPatchService", "tinker"),
        ("org.libpag.PAGView", "libpag"),
        ("net.zetetic.database.Logger", "sqlcipher"),
        ("com.google.protobuf.AnyKt", "protobuf"),
        ("com.google.zxing.Reader", "zxing"),
        ("org.bouncycastle.asn1.DLSet", "bouncycastle"),
        ("io.netty.util.Timer", "netty"),
        ("io.grpc.Codec", "grpc"),
        ("io.socket.client.Manager", "socketio"),
        ("org.jivesoftware.smack.Roster", "smack"),
        ("org.eclipse.paho.client.mqttv3.MqttClient", "paho-mqtt"),
        ("com.lzy.okgo.OkGo", "okgo"),
        ("com.liulishuo.okdownload.StatusUtil", "okdownload"),
        ("com.blankj.utilcode.util.Utils", "android-util-code"),
        ("com.hjq.permissions.PermissionFragment", "xxpermissions"),
        ("com.alibaba.android.arouter.launcher.ARouter", "arouter"),
        ("com.luck.picture.lib.PictureFileProvider", "pictureselector"),
        ("com.zhihu.matisse.Matisse", "matisse"),
        ("com.yalantis.ucrop.UCrop", "ucrop"),
        ("uk.co.senab.photoview.Compat", "photoview"),
        ("pl.droidsonroids.gif.GifError", "gif-drawable"),
        ("com.opensource.svgaplayer.SVGAParser", "svgaplayer"),
        ("com.github.mikephil.charting.data.Entry", "mpandroidchart"),
        ("com.scwang.smartrefresh.layout.SmartRefreshLayout", "smartrefresh"),
        ("com.chad.library.adapter.base.entity.SectionEntity", "brvah"),
        ("com.just.agentweb.ActionActivity", "agentweb"),
        ("com.squareup.leakcanary.LeakCanary", "leakcanary"),
        ("org.litepal.LitePalBase", "litepal"),
        ("io.objectbox.BoxStore", "objectbox"),
        ("org.jsoup.Jsoup", "jsoup"),
        ("org.opencv.core.Range", "opencv"),
        ("org.tensorflow.lite.Interpreter", "tensorflow-lite"),
        ("com.badlogic.gdx.Gdx", "libgdx"),
        ("org.cocos2dx.lib.Utils", "cocos2d"),
        ("com.epicgames.ue4.GameActivity", "unreal-engine"),
        ("io.flutter.FlutterInjector", "flutter"),
        ("org.apache.cordova.CordovaActivity", "cordova"),
        ("com.getcapacitor.BridgeActivity", "capacitor"),
        # what lies in one SDK's packages and is another's
        ("cn.jiguang.analytics.page.ActivityLifecycle", "jiguang-jcore"),
        ("com.dcloud.zxing2.Result", "dcloud"),
        ("com.qiyukf.nimlib.sdk.NIMClient", "netease-qiyu"),
        ("com.bytedance.sdk.openadsdk.TTAdSdk", "pangle"),
        ("cn.jiguang.bk.a", "jiguang-jcore"),
        ("cn.jpush.android.api.JPushInterface", "jpush"),
    ],
)
def test_a_class_proves_the_sdk_it_belongs_to_and_no_other(index, name, sdk):
    assert proved(index, name) == [sdk]


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("com.huawei.hms.nearby.Nearby", "a kit not described here"),
        ("com.huawei.hms.game.achievement.AchievementActivity", "the vendor's sample code, copied into apps"),
        ("com.huawei.hms.maps.sample.MainActivity", "the vendor's sample code"),
        ("com.huawei.hms.iap.demo.PayActivity", "the vendor's sample code"),
        ("com.huawei.hms.support.api.entity.pay.PayReq", "the base library"),
        ("com.huawei.hms.support.api.game.GameApi", "the game kit's older interface"),
        ("com.hihonor.adsdk.demo.external.splash.SplashActivity", "the vendor's sample code"),
        ("com.hihonor.ads.identifier.AdvertisingIdClient", "the OAID interface other SDKs plant"),
        ("com.miui.zeus.mario.sdk.MarioSdk", "another library of the vendor"),
        ("com.xiaomi.gamecenter.Main", "only the first segments are alike"),
        ("com.opos.ca.biz.Ad", "a shared library of the vendor"),
        ("com.vivo.unionpay.paydemo.MainActivity", "the vendor's sample code"),
        ("com.vivo.identifier.IdentifierManager", "the system's OAID interface"),
        ("com.nearme.Launcher", "only the first segments are alike"),
        ("com.alibaba.Main", "a vendor"),
        ("com.alibaba.sdk.android.utils.AlicloudTracker", "every EMAS product"),
        ("com.taobao.accs.ACCSManager", "below EMAS push and below U-Push"),
        ("org.android.agoo.control.AgooFactory", "below EMAS push and below U-Push"),
        ("anet.channel.SessionCenter", "below EMAS push and below U-Push"),
        ("mtopsdk.mtop.intf.Mtop", "the vendor's network library"),
        ("com.taobao.tao.remotebusiness.RemoteBusiness", "the vendor's network library"),
        ("com.taobao.dp.DeviceSecuritySDK", "in several libraries of the vendor"),
        ("com.uc.crashsdk.export.CrashApi", "UC's browser core brings it too"),
        ("com.mobile.auth.gateway.Other", "not the verification SDK's own package"),
        ("com.alipay.mobile.framework.service.annotation.OperationType", "in the payment SDK too"),
        ("com.alipay.mobile.bqcscanservice.BQCScanService", "the scanning library"),
        ("com.aliyun.svideo.base.Constants", "interface code apps copy"),
        ("com.aliyun.player.alivcplayerexpand.view.VideoView", "interface code apps copy"),
        ("com.aliyun.player.aliyunplayerbase.bean.Video", "interface code apps copy"),
        ("com.alivc.player.playerkits.Main", "interface code apps copy"),
        ("com.alivc.live.beautyui.BeautyMenuPanel", "interface code apps copy"),
        ("com.umeng.umzid.Spy", "a helper of the common library"),
        ("cn.jiguang.plugins.verification.JVerificationModule", "a wrapper"),
        ("com.jiguang.jpush.JPushPlugin", "a wrapper"),
        ("cn.smssdk.gui.RegisterPage", "sample code apps copy"),
        ("com.mob.tools.utils.DeviceHelper", "every MobTech product"),
        ("com.mob.MobSDK", "every MobTech product"),
        ("com.cmic.Main", "only the first segments are alike"),
        ("com.unicom.Main", "a vendor"),
        ("com.netease.nis.sdkwrapper.Utils", "left by the vendor's packer"),
        ("com.netease.nis.wrapper.MyApplication", "left by the vendor's packer"),
        ("com.netease.nis.captcha_plugin_flutter.CaptchaPlugin", "a wrapper"),
        ("com.netease.nis.Main", "packer, wrappers and SDK share the prefix"),
        ("com.netease.nim.uikit.api.NimUIKit", "sample code apps copy"),
        ("com.netease.lava.nertc.demo.MainActivity", "the vendor's sample code"),
        ("com.netease.cloudmusic.Main", "an app of the vendor"),
        ("io.rong.flutter.imlib.RCIMFlutterWrapper", "a wrapper"),
        ("io.rong.imlib.flutter.Plugin", "a wrapper"),
        ("io.rong.imageloader.core.ImageLoader", "a relocated copy"),
        ("com.hyphenate.easeui.EaseUI", "sample code apps copy"),
        ("com.hyphenate.easeim.DemoHelper", "sample code apps copy"),
        ("com.easemob.im.flutter.EMClientWrapper", "a wrapper"),
        ("im.zego.zego_express_engine.ZegoExpressEnginePlugin", "a wrapper"),
        ("com.tencent.liteav.demo.superplayer.SuperPlayerView", "sample code apps copy"),
        ("com.tencent.liteav.trtccalling.TUICalling", "sample code apps copy"),
        ("com.tencent.Main", "a vendor"),
        ("com.tencent.wxop.stat.StatService", "the WeChat SDK's copy of MTA"),
        ("com.tencent.mid.api.MidService", "push and MTA share it"),
        ("com.tencent.beacontsa.Beacon", "the copy inside Tencent Ads"),
        ("com.tencent.qcloud.core.http.HttpTask", "several Tencent Cloud SDKs share it"),
        ("com.tencent.qcloud.xiaozhibo.App", "sample code apps copy"),
        ("com.webank.normal.tools.Tool", "several WeBank libraries share it"),
        ("com.rich.oauth.core.RichAuth", "nobody knows whose"),
        ("com.baidu.idl.license.License", "the face and the OCR SDK share it"),
        ("com.baidu.idl.authority.AlgorithmOnMainThread", "the face and the OCR SDK share it"),
        ("com.baidu.frontia.FrontiaApplication", "a predecessor of several SDKs"),
        ("com.bytedance.embedapplog.AppLog", "Pangle's copy"),
        ("com.bytedance.sdk.account.Main", "not the open platform"),
        ("com.bytedance.sdk.open.Main", "Douyin's and TikTok's share the prefix"),
        ("com.bytedance.apmx.Main", "only the letters are alike"),
        ("com.ss.android.socialbase.downloader.Downloader", "Pangle's downloader"),
        ("com.kwai.filedownloader.FileDownloader", "Kuaishou Ads' relocated copy"),
        ("com.kwai.Main", "a vendor"),
        ("com.tongdun.Main", "only the name is alike"),
        ("com.ishumei.smantifraud.flutter.Plugin", "a wrapper"),
        ("com.geetest.captcha.flutter.Gt4FlutterPlugin", "a wrapper"),
        ("com.geetest.onelogin.flutter.Plugin", "a wrapper"),
        ("com.megvii.livenesslib.LivenessActivity", "sample code apps copy"),
        ("com.megvii.Main", "a vendor"),
        ("com.sensetime.sample.camerax.MainActivity", "sample code"),
        ("com.eidlink.demo.activity.MainActivity", "sample code"),
        ("com.growingio.Main", "a vendor"),
        ("com.anythink.network.admob.AdmobATAdapter", "an adapter for another vendor"),
        ("com.sigmobile.Main", "only the letters are alike"),
        ("com.fm.openinstall.flutter.Plugin", "a wrapper"),
        ("com.m7.imkfsdk.chat.ChatActivity", "interface code apps copy"),
        ("com.easefun.Main", "only the first segments are alike"),
        ("com.tapsdk.lc.LeanCloud", "a relocated LeanCloud"),
        ("com.tapsdk.tapad.addemo.banner.BannerActivity", "the vendor's sample code"),
        ("cn.thinkingdata.android.demo.MainActivity", "sample code"),
        ("cn.leancloudx.Main", "only the letters are alike"),
        ("com.google.Main", "a vendor"),
        ("com.google.android.gms.common.api.GoogleApiClient", "every Google SDK"),
        ("com.google.android.gms.location.places.PlaceReport", "a small library others bring"),
        ("com.google.android.gms.auth.api.signin.GoogleSignInAccount", "in play-services-base"),
        ("com.google.android.gms.tasks.Task", "every Google SDK"),
        ("com.google.ads.mediation.applovin.ApplovinAdapter", "an adapter"),
        ("com.google.ads.mediation.unity.UnityAdapter", "an adapter"),
        ("com.google.firebase.installations.FirebaseInstallations", "below every Firebase SDK"),
        ("com.google.firebase.crashlyticsx.Main", "only the letters are alike"),
        ("com.google.common.util.concurrent.ListenableFuture", "comes with AndroidX alone"),
        ("com.applovin.mediation.ApplovinAdapter", "an adapter for another mediation"),
        ("com.applovin.mediation.adapters.GoogleMediationAdapter", "an adapter for another vendor"),
        ("com.applovin.exoplayer2.ExoPlayer", "a relocated player"),
        ("com.ironsource.adapters.unityads.UnityAdsAdapter", "an adapter for another vendor"),
        ("com.ironsource.unity.androidbridge.AndroidBridge", "a wrapper"),
        ("com.vungle.mediation.VungleAdapter", "an adapter for another mediation"),
        ("com.mopubx.Main", "only the letters are alike"),
        ("com.tapjoyful.Main", "only the letters are alike"),
        ("com.yandex.div.core.Div2Context", "a layout library"),
        ("com.yandex.metrica.plugins.PluginErrorDetails", "for wrappers"),
        ("com.segment.analytics.reactnative.core.RNAnalyticsModule", "a wrapper"),
        ("com.appboy.reactbridge.AppboyReactBridge", "a wrapper"),
        ("com.braze.brazeplugin.BrazePlugin", "a wrapper"),
        ("com.onesignal.flutter.OneSignalPlugin", "a wrapper"),
        ("com.onesignal.rnonesignalandroid.RNOneSignal", "a wrapper"),
        ("com.onesignal.shortcutbadger.ShortcutBadger", "a relocated library"),
        ("io.branch.rnbranch.RNBranchModule", "a wrapper"),
        ("io.sentry.react.RNSentryModule", "a wrapper"),
        ("io.sentry.flutter.SentryFlutterPlugin", "a wrapper"),
        ("io.sentryx.Main", "only the letters are alike"),
        ("com.datadog.reactnative.DdSdk", "a wrapper"),
        ("com.instabug.reactlibrary.RNInstabug", "a wrapper"),
        ("com.instabug.flutter.InstabugFlutterPlugin", "a wrapper"),
        ("com.microsoft.appcenter.reactnative.shared.AppCenterReactNativeShared", "a wrapper"),
        ("com.microsoft.Main", "a vendor"),
        ("com.intercom.reactnative.IntercomModule", "a wrapper"),
        ("com.reactnativestripesdk.StripeSdkModule", "a wrapper"),
        ("com.stripe.model.Charge", "the server library"),
        ("com.razorpay.rn.RazorpayModule", "a wrapper"),
        ("com.twilio.video.quickstart.activity.VideoActivity", "sample code apps copy"),
        ("com.twilio.rest.Client", "the server library"),
        ("com.kakao.sdk.flutter.KakaoFlutterSdkPlugin", "a wrapper"),
        ("com.linecorp.Main", "a vendor"),
        ("com.mapbox.mapboxsdk.geometry.LatLng", "MapLibre kept the package"),
        ("com.mapbox.rctmgl.RCTMGLPackage", "a wrapper"),
        ("com.mapbox.geojson.Point", "other map libraries bring it"),
        ("com.amazonaws.AmazonClientException", "the servers' client library"),
        ("com.salesforce.Main", "a vendor"),
        ("com.zendesk.util.StringUtils", "a small library of the vendor"),
        ("com.leanplum.reactnative.Module", "a wrapper"),
        ("com.airbnb.android.react.lottie.LottieAnimationView", "a wrapper"),
        ("com.nostra13.dcloudimageloader.core.ImageLoader", "DCloud's relocated copy"),
        ("com.moor.imkfx.gson.Gson", "only the letters are alike"),
        ("com.networkbenchx.Main", "only the letters are alike"),
        ("com.alibaba.android.arouter.routes.ARouter$$Root$$app", "generated into apps"),
        ("org.apache.cordova.camera.CameraLauncher", "a plug-in"),
        ("org.cocos2dx.okhttp3.OkHttpClient", "a relocated copy"),
        ("org.cocos2dx.javascript.AppActivity", "the app's own template"),
        ("io.flutter.plugins.firebase.core.FlutterFirebasePlugin", "a wrapper"),
        ("io.flutter.plugins.GeneratedPluginRegistrant", "generated into apps"),
        ("com.getcapacitor.community.fcm.FCMPlugin", "a plug-in"),
        ("io.realm.react.RealmReactModule", "a wrapper"),
        ("androidx.datastore.preferences.protobuf.MessageLite", "a relocated copy"),
        ("com.squareup.Main", "a vendor"),
        ("com.facebook.rebound.Spring", "an animation library"),
        ("com.unity3d.services.core.Log", "shared by several Unity SDKs"),
        ("com.iab.omid.library.applovin.Omid", "a measuring library inside every advertising SDK"),
    ],
)
def test_a_look_alike_proves_nothing(index, name, why):
    assert proved(index, name) == [], why


# -- whole builds ------------------------------------------------------------------------------------------------------


def found(knowledge, *facts, code=(), platform=Platform.ANDROID):
    image = build(*facts, code={"code": code}, platform=platform)
    return {sdk.id: sdk.tier for sdk in find_sdks(image, knowledge)}


def test_one_click_login_brings_the_carriers_libraries_which_its_declaration_covers(knowledge):
    code = [
        "cn.jiguang.verifysdk.api.JVerificationInterface",
        "cn.jiguang.verifysdk.CtLoginActivity",
        "com.cmic.sso.sdk.auth.AuthnHelper",
        "com.unicom.online.account.shield.ResultListener",
        "cn.com.chinatelecom.account.api.CtAuth",
    ]
    assert found(knowledge, code=code).keys() == {"jverification", "cmcc-sso", "unicom-account", "telecom-account"}
    carriers = [knowledge.sdks[id_] for id_ in ("cmcc-sso", "unicom-account", "telecom-account")]
    assert [carrier.id for carrier in carriers if "jverification" not in carrier.part_of] == []


def test_adapters_of_a_mediation_bring_none_of_the_networks(knowledge):
    code = [
        "com.google.ads.mediation.unity.UnityAdapter",
        "com.applovin.mediation.ApplovinAdapter",
        "com.ironsource.adapters.vungle.VungleAdapter",
        "com.vungle.mediation.VungleAdapter",
        "com.anythink.network.toutiao.TTATInitManager",
    ]
    assert [id_ for id_, tier in found(knowledge, code=code).items() if tier is SdkTier.BUNDLED] == []


def test_a_component_without_code_is_a_name(knowledge):
    component = fact(FactKind.COMPONENT, "com.mobile.auth.gatewayauth.LoginAuthActivity", "activity")
    assert found(knowledge, component) == {"aliyun-pnvs": SdkTier.NAMED}


@pytest.mark.parametrize(
    ("classes", "sdks"),
    [
        (["NIMSDK"], {"netease-nim"}),
        (["EMClient"], {"easemob"}),
        (["XGPush"], {"tencent-tpns"}),
        (["TXLiveBase", "TRTCCloud"], {"tencent-liteav"}),
        (["CloudPushSDK"], {"aliyun-push"}),
        (["WindAds"], {"sigmob"}),
        (["SmAntiFraud"], {"ishumei"}),
        (["SentrySDK"], {"sentry"}),
        (["ALSdk", "UnityAds"], {"applovin", "unity-ads"}),
        (["SDWebImageManager", "AFHTTPSessionManager"], {"sdwebimage", "afnetworking"}),
        # generic, or of several SDKs
        (["Tracking", "Growing", "PushNotificationManager", "FaceSDKManager", "LCApplication", "MGLMapView"], set()),
        (["SDKManager", "NetworkManager", "Analytics", "PushManager", "Reachability", "LoginManager"], set()),
    ],
)
def test_an_ios_class_proves_its_sdk_and_a_generic_one_nobody(knowledge, classes, sdks):
    tiers = found(knowledge, code=classes, platform=Platform.IOS)
    assert {id_ for id_, tier in tiers.items() if tier is SdkTier.BUNDLED} == sdks


# -- names -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "sdk"),
    [
        ("阿里云移动推送SDK", "aliyun-push"),
        ("号码认证服务SDK", "aliyun-pnvs"),
        ("信鸽推送", "tencent-tpns"),
        ("腾讯云实时音视频SDK", "tencent-liteav"),
        ("腾讯云人脸核身", "tencent-face"),
        ("网易云信IM", "netease-nim"),
        ("网易易盾验证码SDK", "netease-yidun"),
        ("融云SDK", "rongcloud"),
        ("环信IM", "easemob"),
        ("数美天网", "ishumei"),
        ("同盾设备指纹", "tongdun"),
        ("极验行为验证", "geetest"),
        ("中国移动号码认证", "cmcc-sso"),
        ("天翼账号认证", "telecom-account"),
        ("闪验SDK", "shanyan"),
        ("抖音开放平台SDK", "douyin-open"),
        ("火山引擎", "rangers-applog"),
        ("Sigmob广告", "sigmob"),
        ("AppLovin MAX", "applovin"),
        ("Unity引擎", "unity-engine"),
        ("MMKV", "mmkv"),
        ("七牛云存储", "qiniu"),
        ("阿里百川", "baichuan"),
        ("阿里云 OSS SDK", "aliyun-oss"),
    ],
)
def test_a_display_name_resolves_to_one_sdk(knowledge, name, sdk):
    assert resolve(knowledge, name=name, package="").ids == (sdk,)


@pytest.mark.parametrize("name", ["阿里云", "腾讯云SDK", "人脸识别SDK", "即时通讯", "音视频SDK", "验证码", "客服SDK", "播放器"])
def test_a_generic_name_or_a_vendor_resolves_to_nothing(knowledge, name):
    assert resolve(knowledge, name=name, package="").ids == ()


# -- what the files say ------------------------------------------------------------------------------------------------

_PLATFORM = ("androidx", "android", "kotlin", "kotlinx", "java", "javax", "dalvik", "com.google.android.material", "org.json")
_VENDORS = {
    "com.alibaba", "com.alipay", "com.aliyun", "com.amazon", "com.baidu", "com.bytedance", "com.facebook", "com.google",
    "com.google.android", "com.google.android.gms", "com.google.firebase", "com.hihonor", "com.heytap", "com.huawei",
    "com.huawei.hms", "com.jd", "com.kwai", "com.megvii", "com.microsoft", "com.mob", "com.netease", "com.netease.nis",
    "com.opos", "com.sensetime", "com.squareup", "com.ss.android", "com.taobao", "com.tencent", "com.tencent.cloud",
    "com.tencent.liteav", "com.tencent.qcloud", "com.twitter", "com.umeng", "com.unicom", "com.unity3d", "com.vivo",
    "com.webank", "com.xiaomi", "com.yandex", "org.apache", "org.android", "io.rong", "im.zego",
}  # fmt: skip


def test_no_proving_package_holds_the_platform_or_a_whole_vendor(knowledge):
    proving = {
        trace.pattern
        for sdk in knowledge.sdks.values()
        for trace in sdk.traces
        if trace.kind is TraceKind.PACKAGE and trace.strength is Strength.PROVES
    }
    over = {pattern for pattern in proving for name in _PLATFORM if f"{name}.".startswith(f"{pattern}.")}
    below = {pattern for pattern in proving for name in _PLATFORM if pattern.startswith(f"{name}.")}
    assert (over, below, proving & _VENDORS) == (set(), set(), set())


def test_no_short_or_minified_name_is_a_proof(knowledge):
    short = {
        (sdk.id, trace.pattern)
        for sdk in knowledge.sdks.values()
        for trace in sdk.traces
        if trace.kind is TraceKind.PACKAGE and trace.strength is Strength.PROVES and len(trace.pattern) < 6
    }
    assert short == {("umeng", "u.aly"), ("square-payments", "sqip")}


def test_what_collects_nothing_is_a_library_and_says_so(knowledge):
    telling = {"advertising", "push", "statistics", "crash", "login", "face", "im", "payment", "location", "map", "speech"}
    wrong = {id_ for id_, sdk in knowledge.sdks.items() if not sdk.collects and sdk.category in telling}
    assert wrong == set()


def test_an_sdk_nobody_read_says_where_its_packages_come_from(knowledge):
    silent = {
        id_
        for id_, sdk in knowledge.sdks.items()
        if sdk.unverified and not any("unverified" in source or "source text" in source for source in sdk.sources)
    }
    assert silent == set()


def test_at_least_two_hundred_sdks_are_described(knowledge):
    chinese_first = {"aliyun-push", "tencent-tpns", "netease-nim", "rongcloud", "ishumei", "tongdun", "geetest", "sigmob"}
    assert chinese_first <= knowledge.sdks.keys()
    assert len(knowledge.sdks) >= 200
