"""The script layers of a build, of either platform: uni-app, React Native, Flutter, Cordova, Capacitor, Weex, web pages.

Layers are told by where their files lie and how they begin. What they use is recorded with its place in the bundle; what
cannot be read as a script (encrypted, obfuscated, compiled by an unknown compiler) is a gap.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from auditor.archive import Archive, Unreadable
from auditor.build import FactKind, Table, Text
from auditor.extract.collector import Collector
from auditor.extract.hosts import record_hosts
from auditor.extract.hybrid.flutter import is_snapshot, packages, strings_of
from auditor.extract.hybrid.hermes import HermesError, is_hermes, read_hermes
from auditor.extract.hybrid.plugins import capacitor_plugins, cordova_features, cordova_globals, cordova_plugins
from auditor.extract.hybrid.script import Form, Names, identifiers, mentions, read_names, words_of
from auditor.extract.hybrid.uniapp import read_control, read_features, read_json, read_settings
from auditor.extract.lens import ScriptNames
from auditor.extract.wording import record_texts

__all__ = ["DART", "read_hybrid"]

UNI, REACT, DART, CORDOVA, CAPACITOR, WEEX, WEB = "uni-app", "rn", "dart", "cordova-js", "capacitor-js", "weex-js", "web"
"""The layers, as facts call them."""

_ALSO = {
    UNI: (UNI, WEB, WEEX),
    REACT: (REACT,),
    CORDOVA: (CORDOVA, WEB),
    CAPACITOR: (CAPACITOR, CORDOVA, WEB),
    WEEX: (WEEX,),
    WEB: (WEB,),
}
"""Whose interfaces the scripts of a layer can reach."""

_HIDES = (Table.DATA,)
_SMALLEST_SCRIPT = 64
"""Bytes of a script from which on it must hold some word of the language."""
_MAX_CONFIG = 4 << 20
_MAX_SCRIPT = 64 << 20
_MAX_IMAGE = 256 << 20
_MAX_TOTAL = 256 << 20
"""Bytes of scripts read in one build."""
_MAX_SCRIPTS = 5_000
_MAX_MENTIONS = 20_000
"""Places recorded at which the scripts of one build name interfaces."""
_MAX_PACKAGES = 50
"""Archives of scripts inside a build that are opened."""

_ROOT = r"(?:assets/|Payload/[^/]+\.app/)"
_UNI_WWW = re.compile(r"(?:assets/apps|Payload/[^/]+\.app/Pandora/apps)/([^/]+)/www/(.+)\Z")
_OWN = re.compile(
    r"(?:.*/)?(?:__uniapp[^/]*|[^/]*view\.umd[^/]*|uni-app-(?:view|service)[^/]*|uni-jsframework[^/]*|weex-(?:main|rax|polyfill)[^/]*"
    r"|cordova(?:\.android|\.ios)?(?:\.min)?\.js|cordova-js-src/.*|native-bridge\.js)\Z"
)
"""Files of the runtimes themselves: they name every interface there is."""
_SUFFIXES = (
    *(".js", ".html", ".htm", ".json", ".xml", ".strings"),
    *(".bundle", ".jsbundle", ".hbc", ".wgt", ".wgtu", "/libapp.so", "/App", ".bin"),
)
_CORDOVA_CONFIG = "res/xml/config.xml"
_PLUGIN_FILE = re.compile(r"plugins/((?:@[^/]+/)?[^/]+)/")
_TEXTS = re.compile(r"Payload/.*/(?:zh[^/]*|Base|en)\.lproj/[^/]+\.strings\Z")
"""Texts of an iOS app, in the languages that words are known in."""
_WEEX_HEAD = re.compile(rb"\s{0,16}(?://|/\*)\s{0,8}\{\s{0,8}[\"']framework[\"']\s{0,8}:")
_RN_BUNDLE = re.compile(rf"{_ROOT}(?:[^/]+/)*(?:[^/]+\.(?:bundle|jsbundle|hbc)|(?:index|main)\.(?:android|ios)\.js)\Z")
_SCRIPT_WORDS = frozenset({b"function", b"var", b"let", b"const", b"return", b"this", b"new", b"if", b"typeof"})


@dataclass(slots=True)
class _Reading:
    """One pass over a build's script layers."""

    archive: Archive
    collect: Collector
    bytes_left: int = _MAX_TOTAL
    scripts_left: int = _MAX_SCRIPTS
    mentions_left: int = _MAX_MENTIONS
    left_out: list[str] = field(default_factory=list)
    names: dict[str, Names] = field(default_factory=dict)
    packages_left: int = _MAX_PACKAGES

    # -- finding ------------------------------------------------------------------------------------------------------

    def read(self) -> None:
        """Read every layer; archives of scripts inside the build too."""
        entries = [name for name in self.archive if name.endswith(_SUFFIXES) and name.startswith(("assets/", "Payload/", "lib/"))]
        webs = self._web_roots(entries)
        snapshots = []
        for name in entries:
            if uni := _UNI_WWW.match(name):
                self._uni(name, uni[2], uni[1])
            elif name.endswith((".wgt", ".wgtu")):
                self._package(name)
            elif name.endswith(("/libapp.so", "/App.framework/App")):
                snapshots.append(name)
            elif name.endswith("/flutter_assets/kernel_blob.bin"):
                self._kernel(name)
            elif _RN_BUNDLE.match(name):
                self._script(name, REACT, main=True)
            else:
                self._other(name, webs)
        if CORDOVA in webs.values() and _CORDOVA_CONFIG in self.archive:
            self._cordova_config()
        # one copy per processor, all of the same program
        for name in sorted(snapshots, key=lambda name: ("arm64" not in name, name))[:1]:
            self._snapshot(name)
        if self.left_out:
            self._cut()

    def _web_roots(self, entries: list[str]) -> dict[str, str]:
        """Return folder -> layer of the pages that a bridge serves."""
        roots: dict[str, str] = {}
        for name in entries:
            folder, _, base = name.rpartition("/")
            if base in ("cordova.js", "cordova_plugins.js"):
                roots.setdefault(f"{folder}/", CORDOVA)
            elif base == "capacitor.config.json":
                roots[f"{folder}/public/"] = CAPACITOR
        return dict(sorted(roots.items(), key=lambda item: -len(item[0])))

    def _other(self, name: str, webs: Mapping[str, str]) -> None:
        base = name.rpartition("/")[2]
        if base == "dcloud_properties.xml":
            for feature, class_ in read_features(self._config(name) or b""):
                self._module(name, f"feature {feature}", feature, UNI, "feature", class_)
        elif base in ("dcloud_control.xml", "control.xml"):
            self._control(name)
        elif base == "androidPrivacy.json":
            self._privacy(name)
        elif base == "cordova_plugins.js":
            listed = self._config(name) or b""
            self._layer(name, CORDOVA, defines=",".join(cordova_globals(listed)))
            for plugin, version in cordova_plugins(listed).items():
                self._module(name, "", plugin, CORDOVA, "plugin", version)
        elif base == "config.xml" and name.startswith("Payload/"):
            for feature in cordova_features(self._config(name) or b""):
                self._module(name, "feature", feature, CORDOVA, "plugin", "")
        elif base in ("capacitor.plugins.json", "capacitor.config.json"):
            self._capacitor(name)
        elif _TEXTS.match(name):
            data = self._config(name)
            if data is not None:
                self._texts(name, data, wide=True, big=True)
        elif name.endswith((".js", ".html", ".htm")):
            layer = next((layer for root, layer in webs.items() if name.startswith(root)), WEB)
            if not _OWN.match(name):
                self._script(name, layer, main=False)

    # -- uni-app ------------------------------------------------------------------------------------------------------

    def _uni(self, name: str, inner: str, app: str) -> None:
        if inner == "manifest.json":
            self._uni_manifest(name, app)
        elif inner == "androidPrivacy.json":
            self._privacy(name)
        elif name.endswith((".js", ".html", ".htm")) and not _OWN.match(inner):
            self._script(name, UNI, main=inner == "app-service.js")

    def _control(self, name: str) -> None:
        """Read which apps the runtime starts; one whose resources are not there comes from elsewhere."""
        control = read_control(self._config(name) or b"")
        if control is None:
            return
        version, apps = control
        there = {match[1] for entry in self.archive if (match := _UNI_WWW.match(entry))}
        for app in apps:
            self._layer(name, UNI, value=version, app=app)
            if app not in there:
                self.collect.gap(
                    self.archive.place(name),
                    app,
                    Text(
                        zh=f"指定启动的 uni-app 应用 {app} 的资源不在包内，可能在运行时下载或解密；请向开发者索取该应用的资源包",
                        en=f"names the uni-app {app} to start, whose resources are not in the build: they may be downloaded or decrypted at"
                        " run time; ask the developer for them",
                    ),
                    *_HIDES,
                )

    def _uni_manifest(self, name: str, app: str) -> None:
        data = self._config(name)
        if data is None:
            return
        try:
            settings = list(read_settings(read_json(data)))
        except ValueError:
            self.collect.gap(
                self.archive.place(name),
                "",
                Text(
                    zh="uni-app 的 manifest.json 无法解析（可能已加密），其中的模块和 SDK 配置未读取；请向开发者索取未加密的资源包",
                    en="is a uni-app manifest that cannot be parsed (it may be encrypted), so its modules and SDKs were not read;"
                    " ask the developer for the resources before encryption",
                ),
                *_HIDES,
            )
            self._layer(name, UNI, app=app)
            return
        place = self.archive.place(name)
        version = next((one.name for one in settings if one.kind == "compiler"), "")
        self._layer(name, UNI, value=version, app=next((one.name for one in settings if one.kind == "app"), app))
        for one in settings:
            if one.kind in ("module", "sdk"):
                self._module(name, one.at, one.name, UNI, one.kind, "")
            elif one.kind == "permission":
                self.collect.fact(FactKind.SCRIPT_PERMISSION, one.name, place, one.at, by=UNI)
            elif one.kind == "prompt":
                self.collect.fact(FactKind.SCRIPT_SETTING, one.name, place, one.at, value=one.value, by=UNI)

    def _privacy(self, name: str) -> None:
        data = self._config(name)
        try:
            value = read_json(data) if data is not None else None
        except ValueError:
            value = None
        prompt = value.get("prompt") if isinstance(value, dict) else None
        written = prompt if isinstance(prompt, str) else ""
        self.collect.fact(FactKind.SCRIPT_SETTING, "privacy.prompt", self.archive.place(name), "prompt", value=written, by=UNI)
        if data is not None:
            self._texts(name, data)

    def _package(self, name: str) -> None:
        """Read an archive of uni-app resources: a mini program, or an update that ships with the app."""
        self.packages_left -= 1
        if self.packages_left < 0:
            self.left_out.append(name)
            return
        self.collect.reading = self.archive.place(name)
        try:
            inner = self.archive.nested(name)
        except Unreadable as error:
            self.collect.gap(self.archive.place(name), "", error.reason, *_HIDES)
            return
        outer, self.archive = self.archive, inner
        try:
            for entry in inner:
                if entry.endswith((".js", ".html", ".htm", ".json")):
                    self._uni(entry, entry, "")
        finally:
            self.archive = outer

    # -- the other layers' own files ------------------------------------------------------------------------------------

    def _capacitor(self, name: str) -> None:
        data = self._config(name)
        if data is None:
            return
        self._layer(name, CAPACITOR)
        try:
            for plugin, class_ in capacitor_plugins(data):
                self._module(name, "", plugin, CAPACITOR, "plugin", class_)
        except ValueError:
            reason = Text(
                zh="Capacitor 插件清单无法解析，插件未读取", en="should list Capacitor plug-ins, but cannot be parsed; they were not read"
            )
            self.collect.gap(self.archive.place(name), "", reason, *_HIDES)

    def _cordova_config(self) -> None:
        """Record the features that an APK's compiled config.xml maps to native classes."""
        data = self._config(_CORDOVA_CONFIG)
        if data is None:
            return
        from auditor.extract.android.axml import AxmlError, read_axml

        try:
            root = read_axml(data)
        except AxmlError:
            return  # the plug-ins themselves are listed beside the pages
        for feature in root.all("feature"):
            if name := feature.get("name"):
                class_ = next((one.get("value") for one in feature.all("param") if one.get("name") == "android-package"), "")
                self._module(_CORDOVA_CONFIG, "feature", name, CORDOVA, "plugin", class_)

    def _snapshot(self, name: str) -> None:
        data = self.collect.read(self.archive, name, *_HIDES, limit=_MAX_IMAGE)
        if data is None:
            return
        place = self.archive.place(name)
        if not is_snapshot(data):
            if name.endswith("/libapp.so"):
                return  # any vendor may call a library so
            reason = Text(
                zh="应为编译后的 Dart 程序，但其中没有快照的标志，未能读取；请向开发者索取未加密的安装包",
                en="should be a compiled Dart program, but has none of its marks and was not read;"
                " ask the developer for an unprotected build",
            )
            self.collect.gap(place, "", reason, *_HIDES)
            return
        self.collect.fact(FactKind.SCRIPT_LAYER, DART, place, form="snapshot")
        found = packages(data)
        for package, at in found.items():
            self._module(name, f"+0x{at:x}", package, DART, "package", "")
        if len(found) < 2:
            reason = Text(
                zh="Dart 程序经过混淆，包名和接口名不可见，不能断定使用了哪些插件；请向开发者索取未混淆（不带 --obfuscate）的安装包",
                en="is an obfuscated Dart program: which packages it uses is not shown;"
                " ask the developer for a build without --obfuscate",
            )
            self.collect.gap(place, "", reason, *_HIDES)
        self._strings(name, data, DART)

    def _kernel(self, name: str) -> None:
        """Read the kernel of a debug build, which holds the sources themselves."""
        data = self.collect.read(self.archive, name, *_HIDES, limit=_MAX_IMAGE)
        if data is None:
            return
        self.collect.fact(FactKind.SCRIPT_LAYER, DART, self.archive.place(name), form="kernel")
        for package, at in packages(data).items():
            self._module(name, f"+0x{at:x}", package, DART, "package", "")

    def _strings(self, name: str, data: bytes, layer: str) -> None:
        """Record the module names, addresses and texts among the strings of a program."""
        wanted = self._lens(layer).modules
        for text, at in strings_of(data, sorted(text for text in wanted if "/" in text or "." in text)):
            self._module(name, f"+0x{at:x}", text, layer, "name", "")
        record_hosts(self.collect, self.archive.place(name), data)
        self._texts(name, data, wide=True)

    # -- scripts ------------------------------------------------------------------------------------------------------

    def _script(self, name: str, layer: str, *, main: bool) -> None:
        size = self.archive.entries[name].size
        if self.scripts_left <= 0 or size > self.bytes_left:
            self.left_out.append(name)
            return
        self.scripts_left -= 1
        self.bytes_left -= size
        data = self.collect.read(self.archive, name, *_HIDES, limit=_MAX_SCRIPT)
        if data is None:
            return
        if layer == REACT and is_hermes(data):
            self._hermes(name, data)
            return
        if layer == WEB and _WEEX_HEAD.match(data):
            layer, main = WEEX, True
        modules = {module.encode() for module in self._lens(REACT).modules} if layer == REACT else set()
        wanted = set().union(_SCRIPT_WORDS, modules, *(words_of(self._names(one)) for one in _ALSO[layer]))
        words, rewritten = identifiers(data, wanted)
        if (main or (layer == UNI and name.endswith(".js"))) and size >= _SMALLEST_SCRIPT and not words & _SCRIPT_WORDS:
            self._hidden(name, _UNREADABLE)
            return
        if main:
            self._layer(name, layer, form="script")
        if rewritten:
            self._hidden(name, _OBFUSCATED_SCRIPT)
        plugin = _PLUGIN_FILE.search(name) if layer in (CORDOVA, CAPACITOR) else None
        place = self.archive.place(name)
        for one in _ALSO[layer]:
            names = self._names(one)
            for mention in mentions(data, names, words):
                self.mentions_left -= 1
                if self.mentions_left < 0:
                    self.left_out.append(name)
                    return
                self.collect.fact(
                    FactKind.SCRIPT_CALL,
                    mention.name,
                    place,
                    f"+0x{mention.at:x}",
                    value=mention.form.value,
                    by=one,
                    text=mention.text,
                    plugin=plugin[1] if plugin else "",
                )
        for raw in sorted(modules & words):
            if (found := _named(data, raw)) >= 0:
                self._module(name, f"+0x{found:x}", raw.decode(), REACT, "name", "")
        record_hosts(self.collect, self.archive.place(name), data)
        self._texts(name, data, script=True)

    def _hermes(self, name: str, data: bytes) -> None:
        place = self.archive.place(name)
        try:
            hermes = read_hermes(data)
        except HermesError as error:
            self._layer(name, REACT, form="hermes")
            self.collect.gap(place, "", error.reason, *_HIDES)
            return
        self._layer(name, REACT, form=f"hermes {hermes.version}")
        if hermes.unreadable:
            reason = Text(
                zh=f"{hermes.unreadable} 个字符串超出文件范围，未能读取",
                en=f"has {hermes.unreadable} strings that lie outside the file and were not read",
            )
            self.collect.gap(place, "string table", reason, *_HIDES)
        index = {text: number for number, text in reversed(list(enumerate(hermes.strings)))}
        for last, wanted in self._names(REACT).items():
            if last not in index:
                continue
            for full, owner in wanted:
                if not owner or owner[-1] in index:
                    at = f"string {index[last]}"
                    self.collect.fact(FactKind.SCRIPT_CALL, full, place, at, value=Form.NAME.value, by=REACT)
        for module in sorted(self._lens(REACT).modules):
            if module in index:
                self._module(name, f"string {index[module]}", module, REACT, "name", "")
        joined = "\n".join(hermes.strings).encode("utf-8", "surrogatepass")
        record_hosts(self.collect, place, joined, placed=False)
        self._texts(name, joined, placed=False)

    # -- pieces -------------------------------------------------------------------------------------------------------

    def _lens(self, layer: str) -> ScriptNames:
        return self.collect.lens.scripts.get(layer) or ScriptNames()

    def _names(self, layer: str) -> Names:
        if layer not in self.names:
            self.names[layer] = read_names(self._lens(layer).interfaces)
        return self.names[layer]

    def _config(self, name: str) -> bytes | None:
        return self.collect.read(self.archive, name, *_HIDES, limit=_MAX_CONFIG)

    def _layer(self, name: str, layer: str, *, value: str = "", app: str = "", form: str = "", defines: str = "") -> None:
        self.collect.fact(
            FactKind.SCRIPT_LAYER, layer, self.archive.place(name), value=value, app=app, form=form, defines=defines
        )

    def _module(self, name: str, at: str, module: str, layer: str, how: str, value: str) -> None:
        self.collect.fact(FactKind.SCRIPT_MODULE, module, self.archive.place(name), at, value=value, by=layer, **{"as": how})

    def _texts(
        self, name: str, data: bytes, *, wide: bool = False, big: bool = False, script: bool = False, placed: bool = True
    ) -> None:
        record_texts(self.collect, self.archive.place(name), data, wide=wide, big=big, script=script, placed=placed)

    def _hidden(self, name: str, reason: Text) -> None:
        self.collect.gap(self.archive.place(name), "", reason, *_HIDES)

    def _cut(self) -> None:
        first, count = self.left_out[0], len(self.left_out)
        reason = Text(
            zh=f"脚本过多或过大，有 {count} 个文件未读取或未读完（从 {first} 起）",
            en=f"is one of {count} scripts that were not read, or not to the end: the build holds more than can be looked through",
        )
        self.collect.gap(self.archive.place(first), "", reason, *_HIDES)


_UNREADABLE = Text(
    zh="应为脚本，但内容不是可读的脚本（可能已加密），其中调用的接口无法读取；请向开发者索取未加密的资源包",
    en="should be a script, but does not read as one (it may be encrypted), so the interfaces it calls are not shown;"
    " ask the developer for the resources before encryption",
)
_OBFUSCATED_SCRIPT = Text(
    zh="脚本经过混淆，接口名被改写，其中调用的接口可能未能识别；请向开发者索取未混淆的资源包",
    en="is an obfuscated script whose names were rewritten, so interfaces it calls may not be recognised;"
    " ask the developer for the resources before obfuscation",
)


def _named(data: bytes, raw: bytes) -> int:
    """Return where a name stands as a string of its own, or as the member of something; -1 where it does not."""
    for before, after in ((b'"', b'"'), (b"'", b"'"), (b"NativeModules.", b"")):
        at = data.find(before + raw + after)
        if at >= 0:
            return at + len(before)
    return -1


def read_hybrid(archive: Archive, collect: Collector) -> None:
    """Record what the script layers of an app hold; nothing where it has none."""
    _Reading(archive, collect).read()
