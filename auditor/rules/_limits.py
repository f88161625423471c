"""What no finding of a kind says, whatever it finds: the limits rules name so that reports can print them beside a finding."""

from __future__ import annotations

from auditor.model import Text

__all__ = [
    "ABSENCE",
    "ASKING",
    "CONNECTING",
    "CONSENT",
    "NAMED",
    "ORIGIN",
    "PURPOSE",
    "RUNNING",
    "SENDING",
    "SWITCHES",
    "TRANSPORT",
    "WORDS",
]

RUNNING = Text(
    zh="证据只说明代码能够读取；是否真的执行、何时执行、读取后是否离开设备，须在运行的应用中验证",
    en="The evidence shows that the code can read it. Whether it runs, when, and whether the data leaves the device, takes a look at"
    " the running app",
)
CONSENT = Text(
    zh="代码在调用前是否先判断用户已同意，静态分析看不到；须在全新安装、尚未同意的状态下验证",
    en="Whether the code asks first if the user agreed cannot be seen in it. It takes a fresh install, before consent, to tell",
)
ASKING = Text(
    zh="是否、何时、在什么场景向用户申请，用户拒绝后如何处理，均未核对",
    en="Whether, when and in what place the app asks the user, and what it does when refused, was not checked",
)
SWITCHES = Text(
    zh="该 SDK 是否被初始化、开启了哪些功能、服务端如何配置，均未核对；表中“个人信息”只列其代码能读取的内容",
    en="Whether the SDK is initialised, which of its functions are on, and what its server has it do, was not checked; the table of"
    " personal data lists what its code can read",
)
NAMED = Text(
    zh="代码中出现接口的名称，不等于执行到该处；可能是未被调用的库代码",
    en="That code names an interface does not mean that it gets there: it may be library code nobody calls",
)
SENDING = Text(
    zh="数据是否离开设备、由谁接收，静态分析看不到",
    en="Whether data leaves the device, and who receives it, cannot be seen in a build",
)
CONNECTING = Text(
    zh="出现主机名不等于连接该主机，也不说明发送了什么；须以抓包验证",
    en="That a host is named does not mean that the app connects to it, nor what it sends. It takes a record of the traffic",
)
TRANSPORT = Text(
    zh="只核对设置和写有的地址；应用是否真的以明文传输、传输了什么，须抓包验证；加密是否得当（证书校验、协议版本）未核对",
    en="Only settings and addresses that are named are looked at: whether anything really goes unencrypted, and what, takes a record"
    " of the traffic. How well the rest is encrypted (certificates, versions) was not checked",
)
ABSENCE = Text(
    zh="“包内未见”不等于没有：服务端下发的代码、用户主动填写的内容、以及未能读取的部分，均不在其内",
    en="Not seen is not absent: code a server sends, what users type in, and what could not be read, are no part of it",
)
PURPOSE = Text(
    zh="目的依词表识别，只比较文字；数据实际用于什么未核对",
    en="Purposes are told by a list of words: the texts are compared, not what the data is really used for",
)
ORIGIN = Text(
    zh="只核对标识和证书；安装包从何处取得、是否为上架版本，须由审核人员确认",
    en="Only ids and certificates are compared: where the build comes from, and whether it is the one published, is for the reviewer"
    " to know",
)
WORDS = Text(
    zh="只看声明的文字；安装包实际如何，不在此项之内",
    en="Only the words of the declaration are looked at; what the build does is no part of this",
)
