"""The three Android samples: a build of 特购 that keeps to its policy, one that drifted from it, and a packed one.

Class names of SDKs are those their real releases keep; the code in them is ours and does nothing with personal data
unless a sample says so.
"""

from __future__ import annotations

from collections.abc import Sequence

from tests.forge.apk import (
    Apk,
    Permission,
    component,
    defined_permission,
    intent_filter,
    launcher,
    manifest,
    meta_data,
)
from tests.forge.arsc import Resource, resource_ids
from tests.forge.axml import Attribute, Element, Reference, write_axml
from tests.forge.dex import (
    ABSTRACT,
    INTERFACE,
    NATIVE,
    PUBLIC,
    Array,
    Call,
    Cast,
    Class,
    ClassLiteral,
    Field,
    GetField,
    Local,
    Method,
    New,
    Op,
    Param,
    PutField,
    Return,
    Super,
    This,
    Unless,
    Value,
    write_dex,
)
from tests.forge.elf import write_elf
from tests.forge.tego import APP_ID, LABEL, PERMISSIONS, VERSION, VERSION_CODE, noise, script_layer

__all__ = ["drifted", "faithful", "packed"]

MIN_SDK, TARGET_SDK = 21, 30
ABI = "arm64-v8a"

HARMLESS = (
    "INTERNET",
    "ACCESS_NETWORK_STATE",
    "ACCESS_WIFI_STATE",
    "VIBRATE",
    "WAKE_LOCK",
    "FOREGROUND_SERVICE",
    "com.huawei.android.launcher.permission.CHANGE_BADGE",
)
OWN_PERMISSIONS = (f"{APP_ID}.permission.MIPUSH_RECEIVE", f"{APP_ID}.permission.PROCESS_PUSH_MSG")

CONTEXT = "Landroid/content/Context;"
STRING = "Ljava/lang/String;"
INTENT = "Landroid/content/Intent;"
BUNDLE = "Landroid/os/Bundle;"
ACTIVITY_TYPE = "Landroid/app/Activity;"

ACTIVITY, SERVICE = "android.app.Activity", "android.app.Service"
RECEIVER, PROVIDER = "android.content.BroadcastReceiver", "android.content.ContentProvider"

RESOURCES = (
    Resource("string", "app_name", {"": LABEL, "zh-rCN": LABEL, "en": "Tego"}),
    Resource("string", "agree", {"": "同意并继续", "en": "Agree and continue"}),
    Resource("layout", "activity_main", {"": "res/layout/activity_main.xml"}),
    Resource("integer", "push_icon_level", {"": 1}),
)
IDS = resource_ids(RESOURCES)


# -- kinds of classes ---------------------------------------------------------------------------------------------


def _interface(name: str, *methods: str) -> Class:
    return Class(
        name=name,
        access=PUBLIC | INTERFACE | ABSTRACT,
        methods=[Method(name=method, access=PUBLIC | ABSTRACT, code=False) for method in methods],
    )


def _plain(name: str, *methods: Method, superclass: str = "java.lang.Object", **fields: str | int) -> Class:
    """A class; ``fields`` are its constants."""
    constants = [
        Field(name=key, type=STRING if isinstance(value, str) else "I", static=True, value=value)
        for key, value in fields.items()
    ]
    return Class(name=name, superclass=superclass, methods=methods, fields=constants)


def _singleton(name: str, *methods: Method, superclass: str = "java.lang.Object") -> Class:
    """A class with ``getInstance()``, as most SDKs have for an entry."""
    own = f"L{name.replace('.', '/')};"
    get = Method(name=f"getInstance(){own}", static=True, body=[New(name, "made"), Return(Local("made"))])
    return Class(name=name, superclass=superclass, methods=[get, *methods])


def _says(name: str, text: str) -> Method:
    """A method that returns a fixed text."""
    return Method(name=f"{name}(){STRING}", body=[Return(text)])


def _static(name: str, *body: Op) -> Method:
    return Method(name=name, static=True, body=body)


def _activity(name: str, *methods: Method, superclass: str = ACTIVITY) -> Class:
    create = Method(name=f"onCreate({BUNDLE})V", body=[Super()])
    return Class(name=name, superclass=superclass, methods=[create, *methods])


def _service(name: str, superclass: str = SERVICE) -> Class:
    return Class(
        name=name,
        superclass=superclass,
        methods=[Method(name=f"onBind({INTENT})Landroid/os/IBinder;")],
    )


def _receiver(name: str, superclass: str = RECEIVER) -> Class:
    return Class(
        name=name,
        superclass=superclass,
        methods=[Method(name=f"onReceive({CONTEXT}{INTENT})V")],
    )


def _provider(name: str) -> Class:
    uri, cursor, values = "Landroid/net/Uri;", "Landroid/database/Cursor;", "Landroid/content/ContentValues;"
    return Class(
        name=name,
        superclass=PROVIDER,
        methods=[
            Method(name="onCreate()Z", body=[Return(1)]),
            Method(name=f"query({uri}[{STRING}{STRING}[{STRING}{STRING}){cursor}"),
            Method(name=f"getType({uri}){STRING}"),
            Method(name=f"insert({uri}{values}){uri}"),
            Method(name=f"delete({uri}{STRING}[{STRING})I"),
            Method(name=f"update({uri}{values}{STRING}[{STRING})I"),
        ],
    )


# -- the SDKs the policy declares ---------------------------------------------------------------------------------


def _getui() -> list[Class]:
    sdk = "com.igexin.sdk"
    return [
        _singleton(
            f"{sdk}.PushManager",
            Method(name=f"initialize({CONTEXT})V", calls=[f"static {sdk}.PushBuildConfig.version(){STRING}"]),
            _says("getVersion", "4.3.5.0"),
        ),
        _plain(
            f"{sdk}.PushBuildConfig",
            _static(f"version(){STRING}", Return("4.3.5.0")),
            sdk_conf_version="4.3.5.0",
        ),
        _service(f"{sdk}.PushService"),
        Class(
            name=f"{sdk}.GTIntentService",
            superclass="android.app.IntentService",
            methods=[Method(name=f"onReceiveMessageData({CONTEXT}{STRING})V")],
        ),
        _activity(f"{sdk}.GActivity"),
        _plain("com.igexin.push.core.CoreConsts", TAG="PushCore"),
        _service("com.getui.gtc.GtcService"),
        _plain("com.getui.gtc.BuildConfig", VERSION_NAME="GTC-3.2.18.0"),
        _provider("com.getui.gtc.base.GtcProvider"),
        _singleton("com.getui.gtc.api.GtcManager", Method(name=f"init({CONTEXT})V")),
    ]


def _huawei() -> list[Class]:
    push, support = "com.huawei.hms.push", "com.huawei.hms.support.api.push"
    return [
        _singleton(f"{push}.HmsMessaging", Method(name="setAutoInitEnabled(Z)V")),
        Class(
            name=f"{push}.HmsMessageService",
            superclass=SERVICE,
            methods=[
                Method(name=f"onBind({INTENT})Landroid/os/IBinder;"),
                Method(name=f"onMessageReceived(L{push.replace('.', '/')}/RemoteMessage;)V"),
            ],
        ),
        _plain(f"{push}.RemoteMessage", _says("getData", "{}")),
        _plain(f"{push}.SendException", superclass="java.lang.Exception"),
        _receiver(f"{support}.PushReceiver"),
        _receiver(f"{support}.PushMsgReceiver"),
        _provider(f"{support}.PushProvider"),
        _service(f"{support}.service.HmsMsgService"),
        _plain("com.huawei.agconnect.AGConnectInstance", _static(f"initialize({CONTEXT})V")),
        _service("com.huawei.agconnect.core.ServiceDiscovery"),
        _provider("com.huawei.agconnect.core.provider.AGConnectInitializeProvider"),
        _plain("com.huawei.agconnect.config.AGConnectServicesConfig", _says("getString", "")),
        _plain("com.huawei.agconnect.exception.AGCException", superclass="java.lang.Exception"),
    ]


def _mipush() -> list[Class]:
    sdk, push = "com.xiaomi.mipush.sdk", "com.xiaomi.push.service"
    return [
        _plain(f"{sdk}.MiPushClient", _static(f"registerPush({CONTEXT}{STRING}{STRING})V")),
        _plain(f"{sdk}.MiPushMessage", _says("getContent", "")),
        _plain(f"{sdk}.MiPushCommandMessage", _says("getCommand", "register")),
        Class(
            name=f"{sdk}.PushMessageReceiver",
            superclass=RECEIVER,
            methods=[
                Method(name=f"onReceive({CONTEXT}{INTENT})V"),
                Method(name=f"onNotificationMessageClicked({CONTEXT}L{sdk.replace('.', '/')}/MiPushMessage;)V"),
            ],
        ),
        _service(f"{sdk}.PushMessageHandler"),
        _service(f"{sdk}.MessageHandleService"),
        _activity(f"{sdk}.NotificationClickedActivity"),
        _service(f"{push}.XMPushService"),
        Class(name=f"{push}.XMJobService", superclass="android.app.job.JobService"),
        _receiver(f"{push}.receivers.PingReceiver"),
    ]


def _tencent() -> list[Class]:
    web, qq = "com.tencent.smtt.sdk", "com.tencent.tauth"
    return [
        Class(
            name=f"{web}.WebView",
            superclass="android.widget.FrameLayout",
            constructor=False,
            methods=[
                Method(name=f"<init>({CONTEXT})V", body=[Super()]),
                Method(name=f"loadUrl({STRING})V"),
            ],
        ),
        _plain(f"{web}.WebViewClient", Method(name=f"onPageFinished(L{web.replace('.', '/')}/WebView;{STRING})V")),
        _plain(f"{web}.QbSdk", _static(f"initX5Environment({CONTEXT})V")),
        _plain("com.tencent.smtt.export.external.TbsCoreSettings", TBS_SETTINGS_USE_SPEEDY_CLASSLOADER="use_speedy"),
        _interface("com.tencent.smtt.export.external.interfaces.DownloadListener", f"onDownloadStart({STRING})V"),
        _plain(
            f"{qq}.Tencent",
            _static(
                f"createInstance({STRING}{CONTEXT})L{qq.replace('.', '/')}/Tencent;",
                New(f"{qq}.Tencent", "made"),
                Return(Local("made")),
            ),
            Method(name=f"shareToQQ({ACTIVITY_TYPE}{BUNDLE}L{qq.replace('.', '/')}/IUiListener;)V"),
        ),
        _interface(f"{qq}.IUiListener", "onComplete(Ljava/lang/Object;)V", "onCancel()V"),
        _plain(f"{qq}.UiError", errorMessage=""),
        _activity(f"{qq}.AuthActivity"),
        _activity("com.tencent.connect.common.AssistActivity"),
        _plain("com.tencent.connect.share.QQShare", SHARE_TO_QQ_TITLE="title"),
        _plain("com.tencent.open.utils.HttpUtils", _says("agent", "QQConnect")),
    ]


def _amap() -> list[Class]:
    location = "com.amap.api.location"
    return [
        Class(
            name=f"{location}.AMapLocationClient",
            constructor=False,
            methods=[
                Method(name=f"<init>({CONTEXT})V", body=[_object_constructor()]),
                Method(name="startLocation()V"),
                Method(name="stopLocation()V"),
                Method(name=f"setLocationListener(L{location.replace('.', '/')}/AMapLocationListener;)V"),
                _static(f"updatePrivacyAgree({CONTEXT}Z)V"),
            ],
        ),
        _plain(f"{location}.AMapLocationClientOption", Method(name="setOnceLocation(Z)V")),
        _plain(f"{location}.AMapLocation", _says("getAddress", "")),
        _interface(
            f"{location}.AMapLocationListener", f"onLocationChanged(L{location.replace('.', '/')}/AMapLocation;)V"
        ),
        _service(f"{location}.APSService"),
    ]


def _alipay() -> list[Class]:
    return [
        Class(
            name="com.alipay.sdk.app.PayTask",
            constructor=False,
            methods=[
                Method(name=f"<init>({ACTIVITY_TYPE})V", body=[_object_constructor()]),
                Method(name=f"pay({STRING}Z){STRING}", body=[Return(Param(0))]),
                _says("getVersion", "15.8.03"),
            ],
        ),
        _plain("com.alipay.sdk.app.AuthTask", _says("auth", "")),
        _activity("com.alipay.sdk.app.H5PayActivity"),
        _activity("com.alipay.sdk.app.H5AuthActivity"),
        _interface("com.alipay.android.app.IAlixPay", f"Pay({STRING}){STRING}"),
        _plain("com.alipay.android.phone.mrpc.core.RpcException", superclass="java.lang.RuntimeException"),
    ]


def _baidu_ocr() -> list[Class]:
    sdk = "com.baidu.ocr.sdk"
    return [
        _singleton(f"{sdk}.OCR", Method(name=f"initAccessToken(L{sdk.replace('.', '/')}/OnResultListener;)V")),
        _interface(f"{sdk}.OnResultListener", "onResult(Ljava/lang/Object;)V"),
        _plain(f"{sdk}.model.IDCardParams", _says("getIdCardSide", "front")),
        _plain(f"{sdk}.model.IDCardResult", _says("getDirection", "0")),
        _activity("com.baidu.ocr.ui.camera.CameraActivity"),
    ]


def _weex_and_fresco() -> list[Class]:
    return [
        _plain(
            "com.taobao.weex.WXSDKEngine",
            _static("initialize(Landroid/app/Application;)V"),
            _static(f"registerModule({STRING}Ljava/lang/Class;)Z", Return(1)),
        ),
        _plain("com.taobao.weex.WXSDKInstance", _says("getInstanceId", "0")),
        _receiver("com.taobao.weex.WXGlobalEventReceiver"),
        _plain("com.taobao.weex.common.WXModule", _says("getModuleName", "")),
        _interface("com.taobao.weex.bridge.JSCallback", "invoke(Ljava/lang/Object;)V"),
        _plain("com.taobao.weex.ui.component.WXComponent", _says("getRef", "_root")),
        _plain("com.facebook.drawee.backends.pipeline.Fresco", _static(f"initialize({CONTEXT})V")),
        Class(
            name="com.facebook.drawee.view.SimpleDraweeView",
            superclass="android.widget.ImageView",
            constructor=False,
            methods=[Method(name=f"<init>({CONTEXT})V", body=[Super()])],
        ),
        _plain("com.facebook.imagepipeline.core.ImagePipeline", Method(name="clearCaches()V")),
        _plain("com.facebook.imagepipeline.core.ImagePipelineConfig", _says("getName", "default")),
        _plain("com.facebook.fresco.ui.common.ControllerListener2"),
    ]


def _object_constructor() -> Op:
    """The call of ``Object.<init>()`` from a constructor with parameters."""
    return Call("java.lang.Object.<init>()V", on=This())


# -- the app's own code -------------------------------------------------------------------------------------------

WX_MODULE = "com.taobao.weex.common.WXModule"
CALLBACK = "Lcom/taobao/weex/bridge/JSCallback;"
APP_CONTEXT = f"{APP_ID}.Tego.context:{CONTEXT}"


def _service_of(context: Value, name: str, cls: str, keep: str) -> list[Op]:
    return [
        Call(
            f"android.content.Context.getSystemService({STRING})Ljava/lang/Object;", [name], on=context, keep="service"
        ),
        Cast(Local("service"), cls, keep),
    ]


def _system_service(name: str, cls: str, keep: str) -> list[Op]:
    return [GetField(APP_CONTEXT, "context"), *_service_of(Local("context"), name, cls, keep)]


def _query(uri_field: str) -> list[Op]:
    resolver = "Landroid/content/ContentResolver;"
    uri = "Landroid/net/Uri;"
    return [
        GetField(APP_CONTEXT, "context"),
        Call(f"android.content.Context.getContentResolver(){resolver}", on=Local("context"), keep="resolver"),
        GetField(f"{uri_field}:{uri}", "uri"),
        Call(
            f"android.content.ContentResolver.query({uri}[{STRING}{STRING}[{STRING}{STRING})Landroid/database/Cursor;",
            [Local("uri")],
            on=Local("resolver"),
        ),
    ]


def _ask(*permissions: str) -> Method:
    """A method that asks the user for permissions."""
    return Method(
        name=f"ask({ACTIVITY_TYPE})V",
        body=[
            Array([f"android.permission.{name}" for name in permissions], "wanted"),
            Call(f"android.app.Activity.requestPermissions([{STRING}I)V", [Local("wanted"), 1], on=Param(0)),
        ],
    )


def _module(name: str, *methods: Method) -> Class:
    """A module the script layer calls by name after the user's tap: nothing in Java leads to it."""
    return Class(name=f"{APP_ID}.module.{name}", superclass=WX_MODULE, methods=methods)


def _modules(*, microphone: bool = True) -> list[Class]:
    calendar = "android.provider.CalendarContract$Events.CONTENT_URI"
    values = "Landroid/content/ContentValues;"
    modules = [
        _module(
            "CalendarModule",
            _ask("READ_CALENDAR", "WRITE_CALENDAR"),
            Method(name=f"findReminder({CALLBACK})V", body=_query(calendar)),
            Method(
                name=f"addReminder({CALLBACK})V",
                body=[
                    *_query(calendar),
                    New("android.content.ContentValues", "row"),
                    Call(
                        f"android.content.ContentResolver.insert(Landroid/net/Uri;{values})Landroid/net/Uri;",
                        [Local("uri"), Local("row")],
                        on=Local("resolver"),
                    ),
                ],
            ),
        ),
        _module(
            "ScanModule",
            _ask("CAMERA"),
            Method(
                name=f"scan({CALLBACK})V",
                body=[
                    Call("android.hardware.Camera.open()Landroid/hardware/Camera;", kind="static", keep="camera"),
                    Call("android.hardware.Camera.release()V", on=Local("camera")),
                ],
            ),
        ),
        _module(
            "ContactModule",
            _ask("READ_CONTACTS"),
            Method(
                name=f"pickRecipient({CALLBACK})V",
                body=_query("android.provider.ContactsContract$CommonDataKinds$Phone.CONTENT_URI"),
            ),
        ),
        _module(
            "LocationModule",
            _ask("ACCESS_FINE_LOCATION", "ACCESS_COARSE_LOCATION"),
            Method(
                name=f"locate({CALLBACK})V",
                body=[
                    GetField(APP_CONTEXT, "context"),
                    New(
                        "com.amap.api.location.AMapLocationClient", "client", f"({CONTEXT})V", [Local("context")]
                    ),
                    Call("com.amap.api.location.AMapLocationClient.startLocation()V", on=Local("client")),
                ],
            ),
            Method(
                name=f"lastKnown({CALLBACK})V",
                body=[
                    *_system_service("location", "android.location.LocationManager", "locations"),
                    Call(
                        f"android.location.LocationManager.getLastKnownLocation({STRING})Landroid/location/Location;",
                        ["network"],
                        on=Local("locations"),
                    ),
                ],
            ),
        ),
        _module(
            "IdentityModule",
            _ask("READ_PHONE_STATE"),
            Method(
                name=f"riskCheck({CALLBACK})V",
                body=[
                    *_system_service("phone", "android.telephony.TelephonyManager", "phone"),
                    Call(f"android.telephony.TelephonyManager.getImei(){STRING}", on=Local("phone")),
                ],
            ),
            Method(name=f"androidId({CALLBACK}){STRING}", body=[*_android_id(), Return(Local("id"))]),
        ),
        _module(
            "AlbumModule",
            _ask("READ_EXTERNAL_STORAGE", "WRITE_EXTERNAL_STORAGE"),
            Method(
                name=f"choose({CALLBACK})V",
                body=_query("android.provider.MediaStore$Images$Media.EXTERNAL_CONTENT_URI"),
            ),
            Method(
                name=f"save({CALLBACK})V",
                body=[
                    Call(
                        f"android.os.Environment.getExternalStoragePublicDirectory({STRING})Ljava/io/File;",
                        ["Pictures"],
                        kind="static",
                    ),
                ],
            ),
        ),
        _module(
            "PayModule",
            Method(
                name=f"pay({ACTIVITY_TYPE}{STRING}){STRING}",
                body=[
                    New("com.alipay.sdk.app.PayTask", "task", f"({ACTIVITY_TYPE})V", [Param(0)]),
                    Call(
                        f"com.alipay.sdk.app.PayTask.pay({STRING}Z){STRING}",
                        [Param(1), 1],
                        on=Local("task"),
                        keep="result",
                    ),
                    Return(Local("result")),
                ],
            ),
        ),
    ]
    if microphone:
        modules.append(
            _module(
                "VoiceModule",
                _ask("RECORD_AUDIO"),
                Method(
                    name=f"onMicrophoneTap({CALLBACK})V",
                    body=[
                        New("android.media.MediaRecorder", "recorder"),
                        Call("android.media.MediaRecorder.setAudioSource(I)V", [1], on=Local("recorder")),
                        Call("android.media.MediaRecorder.start()V", on=Local("recorder")),
                    ],
                ),
            )
        )
    return modules


def _android_id() -> list[Op]:
    resolver = "Landroid/content/ContentResolver;"
    return [
        GetField(APP_CONTEXT, "context"),
        Call(f"android.content.Context.getContentResolver(){resolver}", on=Local("context"), keep="resolver"),
        Call(
            f"android.provider.Settings$Secure.getString({resolver}{STRING}){STRING}",
            [Local("resolver"), "android_id"],
            kind="static",
            keep="id",
        ),
    ]


def _own_code(modules: Sequence[Class], *, at_start: Sequence[Op] = (), ocr: bool = True) -> list[Class]:
    """The app's own classes; ``at_start`` runs in ``Application.onCreate``, before anybody agreed to anything."""
    registered: list[Op] = []
    for module in modules:
        name = module.name.rpartition(".")[2]
        registered.append(
            Call(
                f"com.taobao.weex.WXSDKEngine.registerModule({STRING}Ljava/lang/Class;)Z",
                [f"tego-{name.removesuffix('Module').lower()}", ClassLiteral(module.name)],
                kind="static",
            )
        )
    preferences = "Landroid/content/SharedPreferences;"
    editor = "Landroid/content/SharedPreferences$Editor;"
    start: list[Op] = [
        PutField(APP_CONTEXT, Param(0)),
        Call(
            "com.igexin.sdk.PushManager.getInstance()Lcom/igexin/sdk/PushManager;", kind="static", keep="push"
        ),
        Call(f"com.igexin.sdk.PushManager.initialize({CONTEXT})V", [Param(0)], on=Local("push")),
        Call(
            f"com.xiaomi.mipush.sdk.MiPushClient.registerPush({CONTEXT}{STRING}{STRING})V",
            [Param(0), "0000000000000000000", "0000000000000"],
            kind="static",
        ),
        Call(f"com.tencent.smtt.sdk.QbSdk.initX5Environment({CONTEXT})V", [Param(0)], kind="static"),
        Call(f"com.facebook.drawee.backends.pipeline.Fresco.initialize({CONTEXT})V", [Param(0)], kind="static"),
        *registered,
    ]
    classes = [
        Class(
            name=f"{APP_ID}.Tego",
            fields=[Field(name="context", type=CONTEXT, static=True)],
            methods=[_static(f"start({CONTEXT})V", *start)],
        ),
        Class(
            name=f"{APP_ID}.TegoApplication",
            superclass="android.app.Application",
            methods=[Method(name="onCreate()V", body=[Super(), *at_start])],
        ),
        # The agree button is wired in the layout, so no code leads from the first screen to the SDKs.
        _activity_with_layout(
            f"{APP_ID}.MainActivity",
            Method(
                name="onAgree(Landroid/view/View;)V",
                body=[
                    Call(
                        f"android.app.Activity.getSharedPreferences({STRING}I){preferences}",
                        ["tego"],
                        on=This(),
                        keep="preferences",
                    ),
                    Call(
                        f"android.content.SharedPreferences.edit(){editor}",
                        on=Local("preferences"),
                        kind="interface",
                        keep="editor",
                    ),
                    Call(
                        f"android.content.SharedPreferences$Editor.putBoolean({STRING}Z){editor}",
                        ["privacy_agreed", 1],
                        on=Local("editor"),
                        kind="interface",
                    ),
                    Call(
                        "android.content.SharedPreferences$Editor.apply()V", on=Local("editor"), kind="interface"
                    ),
                    Call(f"{APP_ID}.Tego.start({CONTEXT})V", [This()], kind="static"),
                    New(
                        "android.content.Intent",
                        "next",
                        f"({CONTEXT}Ljava/lang/Class;)V",
                        [This(), ClassLiteral(f"{APP_ID}.HomeActivity")],
                    ),
                    Call(f"android.app.Activity.startActivity({INTENT})V", [Local("next")], on=This()),
                ],
            ),
        ),
        _activity(f"{APP_ID}.HomeActivity"),
        Class(
            name=f"{APP_ID}.WebActivity",
            superclass=ACTIVITY,
            methods=[
                Method(
                    name=f"onCreate({BUNDLE})V",
                    body=[
                        Super(),
                        New("com.tencent.smtt.sdk.WebView", "web", f"({CONTEXT})V", [This()]),
                        Call(
                            f"com.tencent.smtt.sdk.WebView.loadUrl({STRING})V",
                            ["https://tego.net.cn/"],
                            on=Local("web"),
                        ),
                    ],
                )
            ],
        ),
        Class(
            name=f"{APP_ID}.push.GetuiService",
            superclass="com.igexin.sdk.GTIntentService",
            methods=[Method(name=f"onReceiveMessageData({CONTEXT}{STRING})V", body=[Super()])],
        ),
        Class(name=f"{APP_ID}.push.HuaweiService", superclass="com.huawei.hms.push.HmsMessageService"),
        Class(name=f"{APP_ID}.push.XiaomiReceiver", superclass="com.xiaomi.mipush.sdk.PushMessageReceiver"),
        Class(
            name=f"{APP_ID}.share.QqListener",
            interfaces=["com.tencent.tauth.IUiListener"],
            methods=[Method(name="onComplete(Ljava/lang/Object;)V"), Method(name="onCancel()V")],
        ),
        _plain(f"{APP_ID}.BuildConfig", VERSION_NAME=VERSION, VERSION_CODE=VERSION_CODE, APPLICATION_ID=APP_ID),
        *modules,
    ]
    if ocr:
        classes.append(
            _module(
                "OcrModule",
                Method(
                    name=f"recognise({CALLBACK})V",
                    body=[
                        Call(
                            "com.baidu.ocr.sdk.OCR.getInstance()Lcom/baidu/ocr/sdk/OCR;", kind="static", keep="ocr"
                        ),
                        Call(
                            "com.baidu.ocr.sdk.OCR.initAccessToken(Lcom/baidu/ocr/sdk/OnResultListener;)V",
                            on=Local("ocr"),
                        ),
                    ],
                ),
            )
        )
    return classes


def _activity_with_layout(name: str, *methods: Method) -> Class:
    create = Method(
        name=f"onCreate({BUNDLE})V",
        body=[Super(), Call("android.app.Activity.setContentView(I)V", [IDS["layout/activity_main"]], on=This())],
    )
    return Class(name=name, superclass=ACTIVITY, methods=[create, *methods])


def _layout() -> bytes:
    """The first screen: one button that agrees to the policy."""
    fill = {"android:layout_width": -1, "android:layout_height": -1}
    button = Element(
        "Button",
        {
            "android:layout_width": -1,
            "android:layout_height": -2,
            "android:text": Reference(IDS["string/agree"]),
            "android:onClick": "onAgree",
        },
    )
    return write_axml(Element("LinearLayout", {**fill, "android:orientation": 1}, [button]))


# -- the manifest -------------------------------------------------------------------------------------------------


def _components(*, ocr: bool = True, extra: Sequence[Element] = ()) -> list[Element]:
    def provider(name: str, authority: str) -> Element:
        return component("provider", name, authorities=f"{APP_ID}{authority}", exported=False)

    mi_actions = ("com.xiaomi.mipush.RECEIVE_MESSAGE", "com.xiaomi.mipush.MESSAGE_ARRIVED")
    view = intent_filter(
        "android.intent.action.VIEW",
        categories=("android.intent.category.DEFAULT", "android.intent.category.BROWSABLE"),
        schemes=("tencent100000000",),
    )
    components = [
        component("activity", f"{APP_ID}.MainActivity", launcher(), exported=True),
        component("activity", f"{APP_ID}.HomeActivity", exported=False),
        component("activity", f"{APP_ID}.WebActivity", exported=False),
        component("activity", "com.igexin.sdk.GActivity", exported=False),
        component("activity", "com.xiaomi.mipush.sdk.NotificationClickedActivity", exported=False),
        component("activity", "com.tencent.tauth.AuthActivity", view, exported=True),
        component("activity", "com.tencent.connect.common.AssistActivity", exported=False),
        component("activity", "com.alipay.sdk.app.H5PayActivity", exported=False),
        component("activity", "com.alipay.sdk.app.H5AuthActivity", exported=False),
        component("service", f"{APP_ID}.push.GetuiService", exported=False),
        component(
            "service",
            f"{APP_ID}.push.HuaweiService",
            intent_filter("com.huawei.push.action.MESSAGING_EVENT"),
            exported=False,
        ),
        component("service", "com.igexin.sdk.PushService", exported=False),
        component("service", "com.getui.gtc.GtcService", exported=False),
        component("service", "com.huawei.hms.support.api.push.service.HmsMsgService", exported=False),
        component("service", "com.huawei.agconnect.core.ServiceDiscovery", exported=False),
        component("service", "com.xiaomi.push.service.XMPushService", exported=False, process=":pushservice"),
        component(
            "service",
            "com.xiaomi.push.service.XMJobService",
            exported=False,
            permission="android.permission.BIND_JOB_SERVICE",
            process=":pushservice",
        ),
        component("service", "com.xiaomi.mipush.sdk.PushMessageHandler", exported=False),
        component("service", "com.xiaomi.mipush.sdk.MessageHandleService", exported=False),
        component("service", "com.amap.api.location.APSService", exported=False),
        component("receiver", f"{APP_ID}.push.XiaomiReceiver", intent_filter(*mi_actions), exported=False),
        component("receiver", "com.xiaomi.push.service.receivers.PingReceiver", exported=False),
        component("receiver", "com.huawei.hms.support.api.push.PushReceiver", exported=False),
        component("receiver", "com.huawei.hms.support.api.push.PushMsgReceiver", exported=False),
        component("receiver", "com.taobao.weex.WXGlobalEventReceiver", exported=False),
        provider("com.huawei.hms.support.api.push.PushProvider", ".huawei.push.provider"),
        provider("com.huawei.agconnect.core.provider.AGConnectInitializeProvider", ".AGCInitializeProvider"),
        provider("com.getui.gtc.base.GtcProvider", ".getui.gtc.provider"),
        meta_data("com.amap.api.v2.apikey", "00000000000000000000000000000000"),
        meta_data("com.huawei.hms.client.service.name:push", "push:5.0.4.302"),
        meta_data("PUSH_APPID", "0000000000000000000000"),
        meta_data("MIPUSH_SDK_VERSION_NAME", "6.0.1"),
        meta_data("tego.push_icon_level", Reference(IDS["integer/push_icon_level"])),
    ]
    if ocr:
        components.append(component("activity", "com.baidu.ocr.ui.camera.CameraActivity", exported=False))
    return [*components, *extra]


def _manifest(
    permissions: Sequence[str],
    components: Sequence[Element],
    *,
    application: str,
    cleartext: bool = False,
    features: Sequence[str] = ("camera", "microphone", "location"),
) -> Element:
    queries = Element(
        "queries",
        children=[
            Element("package", {"android:name": "com.eg.android.AlipayGphone"}),
            Element("package", {"android:name": "com.tencent.mobileqq"}),
        ],
    )
    head: dict[str, Attribute] = {
        "label": Reference(IDS["string/app_name"]),
        "name": application,
        "allowBackup": False,
        "supportsRtl": True,
        "usesCleartextTraffic": cleartext,
        "extractNativeLibs": False,
    }
    return manifest(
        APP_ID,
        permissions=[Permission(name=name) for name in (*permissions, *HARMLESS, *OWN_PERMISSIONS)],
        components=components,
        application=head,
        before_application=[
            *(defined_permission(name) for name in OWN_PERMISSIONS),
            *(
                Element("uses-feature", {"android:name": f"android.hardware.{name}", "android:required": False})
                for name in features
            ),
            queries,
        ],
        version_name=VERSION,
        version_code=VERSION_CODE,
        min_sdk=MIN_SDK,
        target_sdk=TARGET_SDK,
        attributes={"android:compileSdkVersion": 30, "android:compileSdkVersionCodename": "11"},
    )


def _native(*names: str) -> dict[str, bytes]:
    return {f"lib/{ABI}/{name}": write_elf(name, abi=ABI, exports=["JNI_OnLoad"]) for name in names}


def _scripts(*, drifted: bool = False) -> dict[str, bytes]:
    return {f"assets/apps/{path}": data for path, data in script_layer(drifted=drifted).items()}


def _declared_sdks(*, ocr: bool = True) -> list[Class]:
    classes = [*_getui(), *_huawei(), *_mipush(), *_tencent(), *_amap(), *_alipay(), *_weex_and_fresco()]
    return [*classes, *_baidu_ocr()] if ocr else classes


WEEX_LIBRARIES = ("libweexcore.so", "libweexjss.so", "libimagepipeline.so")


# -- the samples --------------------------------------------------------------------------------------------------


def faithful() -> bytes:
    """A build that does what the policy says and nothing else."""
    return Apk(
        manifest=_manifest(PERMISSIONS, _components(), application=f"{APP_ID}.TegoApplication"),
        package=APP_ID,
        resources=RESOURCES,
        dex=[_own_code(_modules()), _declared_sdks()],
        files={"res/layout/activity_main.xml": _layout(), **_scripts(), **_native(*WEEX_LIBRARIES)},
    ).write()


def _undeclared_sdks() -> list[Class]:
    packages = "Ljava/util/List;"
    manager = "Landroid/content/pm/PackageManager;"
    wifi = "Landroid/net/wifi/WifiInfo;"
    return [
        Class(
            name="com.umeng.commonsdk.UMConfigure",
            methods=[
                _static(
                    f"init({CONTEXT}{STRING}{STRING}I{STRING})V",
                    Call(f"com.umeng.commonsdk.internal.DeviceCollector.apps({CONTEXT})V", [Param(0)], kind="static"),
                    Call(f"com.umeng.commonsdk.internal.DeviceCollector.mac({CONTEXT})V", [Param(0)], kind="static"),
                )
            ],
        ),
        Class(
            name="com.umeng.commonsdk.internal.DeviceCollector",
            methods=[
                _static(
                    f"apps({CONTEXT})V",
                    Call(f"android.content.Context.getPackageManager(){manager}", on=Param(0), keep="packages"),
                    Call(
                        f"android.content.pm.PackageManager.getInstalledPackages(I){packages}", on=Local("packages")
                    ),
                ),
                _static(
                    f"mac({CONTEXT})V",
                    *_service_of(Param(0), "wifi", "android.net.wifi.WifiManager", "wifi"),
                    Call(
                        f"android.net.wifi.WifiManager.getConnectionInfo(){wifi}", on=Local("wifi"), keep="connection"
                    ),
                    Call(f"android.net.wifi.WifiInfo.getMacAddress(){STRING}", on=Local("connection")),
                ),
            ],
        ),
        _plain("com.umeng.analytics.MobclickAgent", _static(f"onResume({CONTEXT})V")),
        _plain("com.umeng.analytics.AnalyticsConfig", _says("getChannel", "tego")),
        _plain("com.tencent.bugly.crashreport.CrashReport", _static(f"initCrashReport({CONTEXT}{STRING}Z)V")),
        _plain("com.tencent.bugly.crashreport.BuglyLog", TAG="Bugly"),
        _plain("com.tencent.bugly.crashreport.crash.jni.NativeCrashHandler", _says("getDumpFilePath", "")),
        _plain("com.tencent.bugly.Bugly", SDK_IS_DEV="false"),
        Class(name="io.dcloud.application.DCloudApplication", superclass="android.app.Application"),
        _activity("io.dcloud.PandoraEntry"),
        _activity("io.dcloud.PandoraEntryActivity"),
        _plain("io.dcloud.feature.device.DeviceFeatureImpl", _says("name", "Device")),
    ]


def _at_start() -> list[Op]:
    """What the drifted build does in ``Application.onCreate``."""
    return [
        PutField(APP_CONTEXT, This()),
        *_system_service("phone", "android.telephony.TelephonyManager", "phone"),
        Call(f"android.telephony.TelephonyManager.getDeviceId(){STRING}", on=Local("phone"), keep="device"),
        Unless(Local("device"), _android_id()),
        Call(
            f"com.umeng.commonsdk.UMConfigure.init({CONTEXT}{STRING}{STRING}I{STRING})V",
            [This(), "000000000000000000000000", "tego", 1],
            kind="static",
        ),
        Call(
            f"com.tencent.bugly.crashreport.CrashReport.initCrashReport({CONTEXT}{STRING}Z)V",
            [This(), "0000000000"],
            kind="static",
        ),
    ]


def _drifted_modules() -> list[Class]:
    uri = "Landroid/net/Uri;"
    resolver = "Landroid/content/ContentResolver;"
    clip = "Landroid/content/ClipData;"
    sensor = "Landroid/hardware/Sensor;"
    return [
        *_modules(microphone=False),
        _module(
            "SmsModule",
            _ask("READ_SMS"),
            Method(
                name=f"readCode({CALLBACK})V",
                body=[
                    GetField(APP_CONTEXT, "context"),
                    Call(
                        f"android.content.Context.getContentResolver(){resolver}", on=Local("context"), keep="resolver"
                    ),
                    Call(f"android.net.Uri.parse({STRING}){uri}", ["content://sms/inbox"], kind="static", keep="inbox"),
                    Call(
                        f"android.content.ContentResolver.query({uri}[{STRING}{STRING}[{STRING}{STRING})"
                        "Landroid/database/Cursor;",
                        [Local("inbox")],
                        on=Local("resolver"),
                    ),
                ],
            ),
        ),
        _module(
            "ClipboardModule",
            Method(
                name=f"read({CALLBACK})V",
                body=[
                    *_system_service("clipboard", "android.content.ClipboardManager", "clipboard"),
                    Call(f"android.content.ClipboardManager.getPrimaryClip(){clip}", on=Local("clipboard")),
                ],
            ),
            Method(
                name=f"shake({CALLBACK})V",
                body=[
                    *_system_service("sensor", "android.hardware.SensorManager", "sensors"),
                    Call(
                        f"android.hardware.SensorManager.getDefaultSensor(I){sensor}",
                        [1],
                        on=Local("sensors"),
                        keep="accelerometer",
                    ),
                    Call(
                        f"android.hardware.SensorManager.registerListener(Landroid/hardware/SensorEventListener;{sensor}I)Z",
                        [None, Local("accelerometer"), 3],
                        on=Local("sensors"),
                    ),
                ],
            ),
        ),
    ]


def drifted() -> bytes:
    """The same app some releases later: the policy was forgotten."""
    kept = [name for name in PERMISSIONS if name != "RECORD_AUDIO"]
    extra = [
        component("activity", "io.dcloud.PandoraEntry", exported=False),
        # Named here and nowhere else: no class of JPush is in the build.
        component("receiver", "cn.jpush.android.service.PushReceiver", exported=False),
        meta_data("JPUSH_APPKEY", "000000000000000000000000"),
        meta_data("UMENG_APPKEY", "000000000000000000000000"),
    ]
    return Apk(
        manifest=_manifest(
            [*kept, "READ_SMS", "ACCESS_BACKGROUND_LOCATION", "QUERY_ALL_PACKAGES"],
            _components(ocr=False, extra=extra),
            application=f"{APP_ID}.TegoApplication",
            cleartext=True,
            features=("camera", "location"),
        ),
        package=APP_ID,
        resources=RESOURCES,
        dex=[
            _own_code(_drifted_modules(), at_start=_at_start(), ocr=False),
            [*_declared_sdks(ocr=False), *_undeclared_sdks()],
        ],
        files={
            "res/layout/activity_main.xml": _layout(),
            **_scripts(drifted=True),
            **_native(*WEEX_LIBRARIES, "libBugly.so"),
        },
    ).write()


def _packer_stub() -> bytes:
    """The only DEX a packed build shows: the shell that unpacks the real code, and that code, unreadable, behind it."""
    loader = "dalvik.system.DexClassLoader"
    shell = Class(
        name="com.stub.StubApp",
        superclass="android.app.Application",
        fields=[Field(name="needX86Bridge", type="Z", static=True, value=0)],
        methods=[
            Method(
                name=f"attachBaseContext({CONTEXT})V",
                body=[
                    Super(),
                    Call(f"java.lang.System.loadLibrary({STRING})V", ["jiagu"], kind="static"),
                    New(loader, "code", f"({STRING}{STRING}{STRING}Ljava/lang/ClassLoader;)V"),
                    Call("com.stub.StubApp.interface5(Landroid/app/Application;)V", [This()], kind="static"),
                ],
            ),
            Method(name="onCreate()V", body=[Super()]),
            Method(name="interface5(Landroid/app/Application;)V", static=True, access=PUBLIC | NATIVE, code=False),
        ],
    )
    helpers = [
        _plain("com.qihoo.util.DtcLoader", _static("init()V")),
        _plain("com.qihoo.util.Configuration", JIAGU_VERSION="0000"),
    ]

    def append(dex: bytearray) -> None:
        hidden = noise("packed code", 24 << 10)
        dex += hidden
        size = int.from_bytes(dex[0x20:0x24], "little") + len(hidden)
        data = int.from_bytes(dex[0x68:0x6C], "little") + len(hidden)
        dex[0x20:0x24] = size.to_bytes(4, "little")
        dex[0x68:0x6C] = data.to_bytes(4, "little")

    return write_dex([shell, *helpers], patch=append)


def packed() -> bytes:
    """The faithful build after hardening: the manifest is readable, the code is not."""
    return Apk(
        manifest=_manifest(PERMISSIONS, _components(), application="com.stub.StubApp"),
        package=APP_ID,
        resources=RESOURCES,
        dex=[_packer_stub()],
        files={
            "res/layout/activity_main.xml": _layout(),
            **_scripts(),
            "assets/.appkey": b"0" * 32,
            "assets/libjiagu.so": write_elf("libjiagu.so", abi="armeabi-v7a", exports=["JNI_OnLoad"]),
            "assets/libjiagu_a64.so": write_elf("libjiagu_a64.so", abi=ABI, exports=["JNI_OnLoad"]),
            **_native("libjiagu.so"),
        },
    ).write()
