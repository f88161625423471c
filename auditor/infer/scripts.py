"""What script layers can collect: the interfaces they name, and the modules and plug-ins that are ways to personal data.

A whole chain (``uni.getLocation(``) is as sure as a call of compiled code; an alias a minifier made is medium at most; a name
in a string table, or a module that is merely bundled, shows a way and no more.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from auditor.infer.permissions import effective_ranges
from auditor.knowledge.schema import Knowledge
from auditor.knowledge.sign_schema import ScriptInterface, ScriptLayer, ScriptModule
from auditor.model import (
    Build,
    Collection,
    Confidence,
    Fact,
    FactKind,
    Framework,
    FrameworkKind,
    Location,
    OwnerKind,
    Platform,
    ScriptCall,
    Text,
)

__all__ = ["find_frameworks", "find_script_calls", "of_scripts", "script_names"]

_PART = re.compile(r"(.+)_(?:android(?:_\w+)?|ios|apple|darwin|foundation|avfoundation|platform_interface)\Z")
_SURE = {"member": Confidence.HIGH, "index": Confidence.HIGH, "alias": Confidence.MEDIUM}
"""How sure each way of writing an interface makes it; any other is low."""


def script_names(knowledge: Knowledge) -> Iterator[tuple[str, frozenset[str], frozenset[str]]]:
    """Yield (layer, interfaces, names of modules) to look for."""
    for layer in knowledge.signs.layers.values():
        yield layer.id, frozenset(layer.interfaces), frozenset(layer.modules)


def find_script_calls(build: Build, knowledge: Knowledge) -> tuple[ScriptCall, ...]:
    """Return what the script layers of a build use, in the order of places."""
    layers = knowledge.signs.layers
    held, defined = _held(build), _defined(build)
    found: list[ScriptCall] = []
    for fact in build.of(FactKind.SCRIPT_CALL):
        layer = layers.get(fact.by)
        interface = layer.interfaces.get(fact.name) if layer else None
        if interface is not None and not (interface.common and _SURE.get(fact.value) is not Confidence.HIGH):
            call = _of_interface(fact, interface, build.identity.platform, held)
            found.append(_without_plugin(call, defined.get(fact.by)))
    modules = [*build.of(FactKind.SCRIPT_MODULE), *_native_modules(build, layers)]
    for fact in modules:
        layer = layers.get(fact.by)
        module = _module_of(layer, fact) if layer else None
        if layer is not None and module is not None:
            found.append(_of_module(fact, module, layer))
    return tuple(sorted(found, key=lambda call: call.site.key))


def _held(build: Build) -> frozenset[str]:
    """Return the permissions asked for, or on iOS the usage keys the app has."""
    if build.identity.platform is Platform.IOS:
        return frozenset(fact.name for fact in build.of(FactKind.USAGE_STRING))
    return frozenset(name for name, levels in effective_ranges(build).items() if levels is not None)


def _of_interface(fact: Fact, interface: ScriptInterface, platform: Platform, asked: frozenset[str]) -> ScriptCall:
    needed = _NEEDED[platform](interface)
    held = bool(asked & set(needed)) if needed else None
    plugin = fact.trait("plugin")
    return ScriptCall(
        site=fact,
        data=interface.data,
        may=interface.may,
        # the script of a plug-in hands on what the app's own asks for
        owner=OwnerKind.BYSTANDER if plugin else OwnerKind.APP,
        sdk="",
        # what no source was read for accuses nobody
        confidence=Confidence.LOW if interface.unverified else _SURE.get(fact.value, Confidence.LOW),
        permission_held=held,
        can_succeed=held is not False,
        why_not=_why_not(needed, platform) if held is False else None,
        severity=interface.severity,
    )


def _defined(build: Build) -> dict[str, frozenset[str]]:
    """Return, by layer that lists them, the names by which pages reach its plug-ins."""
    found: dict[str, frozenset[str]] = {}
    for fact in build.of(FactKind.SCRIPT_LAYER):
        if names := fact.trait("defines"):
            found[fact.name] = found.get(fact.name, frozenset()).union(names.split(","))
    return found


def _without_plugin(call: ScriptCall, defined: frozenset[str] | None) -> ScriptCall:
    """Return a call of a layer that lists its plug-ins, one that reaches none of them as one that cannot succeed.

    Scripts that wrap every plug-in there is (ngCordova) come with apps that have few of them.
    """
    if defined is None or not call.can_succeed:
        return call
    name = call.site.name.removeprefix("window.")
    if any(name == one or name.startswith(f"{one}.") for one in defined):
        return call
    shown = name.rpartition(".")[0] or name
    why_not = Text(zh=f"包内没有提供 {shown} 的插件", en=f"no plug-in of the build defines {shown}")
    return replace(call, can_succeed=False, why_not=why_not)


_NEEDED: Mapping[Platform, Callable[[ScriptInterface], tuple[str, ...]]] = {
    Platform.ANDROID: lambda interface: interface.permissions,
    Platform.IOS: lambda interface: interface.usage_keys,
    # which of HarmonyOS's permissions an interface of a framework needs is not known
    Platform.HARMONYOS: lambda _: (),
}


def _why_not(needed: Sequence[str], platform: Platform) -> Text:
    if platform is Platform.ANDROID:
        names = ", ".join(name.rpartition(".")[2] for name in needed)
        return Text(zh=f"清单未申请所需权限 {names}", en=f"the manifest does not ask for {names}")
    return Text(zh=f"缺少用途说明 {', '.join(needed)}", en=f"there is no usage string {' or '.join(needed)}")


def _module_of(layer: ScriptLayer, fact: Fact) -> ScriptModule | None:
    """Return the module of a name; of a plug-in also that whose part for one platform it is (``geolocator_android``)."""
    found = layer.modules.get(fact.name)
    if found is None and fact.trait("as") == "plugin" and (part := _PART.match(fact.name)):
        found = layer.modules.get(part[1])
    return found


def _of_module(fact: Fact, module: ScriptModule, layer: ScriptLayer) -> ScriptCall:
    # what the runtime registers for every app is the runtime's, and says nothing of the app
    by_runtime = fact.trait("as") == "feature"
    return ScriptCall(
        site=fact,
        data=(),
        may=module.may,
        owner=OwnerKind.SDK if by_runtime and layer.sdk else OwnerKind.APP,
        sdk=layer.sdk if by_runtime else "",
        confidence=Confidence.LOW,
        permission_held=None,
        can_succeed=True,
        severity=module.severity,
    )


def _native_modules(build: Build, layers: Mapping[str, ScriptLayer]) -> Iterator[Fact]:
    """Yield a module for each native class of one that the build defines."""
    used = {fact.name for fact in build.of(FactKind.SCRIPT_LAYER)}
    classes = {
        class_: (layer.id, module.name)
        for layer in layers.values()
        if layer.id in used
        for module in layer.modules.values()
        for class_ in module.classes
    }
    if not classes:
        return
    for unit in build.code:
        for class_ in sorted(classes.keys() & set(unit.classes)):
            layer_id, name = classes[class_]
            location = Location(file=unit.file, at=class_)
            yield Fact(
                kind=FactKind.SCRIPT_MODULE, name=name, location=location, value=class_, by=layer_id, traits=(("as", "plugin"),)
            )


def of_scripts(calls: Iterable[ScriptCall]) -> Iterator[Collection]:
    """Yield what each script call shows, one collection per data type it names."""
    for call in calls:
        for may, types in ((False, call.data), (True, call.may)):
            for type_ in types:
                weak = may or not call.can_succeed or call.owner is OwnerKind.BYSTANDER
                yield Collection(
                    type=type_,
                    owner=call.owner,
                    sdk=call.sdk,
                    confidence=Confidence.LOW if weak else call.confidence,
                    evidence=(call.site,),
                    count=1,
                    severity=call.severity,
                    may=may,
                    permission_held=call.permission_held,
                    can_succeed=call.can_succeed,
                    why_not=call.why_not,
                )


def find_frameworks(build: Build, knowledge: Knowledge) -> tuple[Framework, ...]:
    """Return the frameworks that decide where the app's code is: script layers, and frameworks for hot fixes."""
    found: list[Framework] = []
    for id_, layer in knowledge.signs.layers.items():
        if facts := [fact for fact in build.of(FactKind.SCRIPT_LAYER) if fact.name == id_]:
            version = next((fact.value for fact in facts if fact.value), "")
            found.append(Framework(id=id_, name=layer.name, kind=FrameworkKind.SCRIPT, version=version, evidence=tuple(facts[:12])))
    defined = {class_: unit.file for unit in reversed(build.code) for class_ in unit.classes} if knowledge.signs.hot_fixes else {}
    for fix in knowledge.signs.hot_fixes:
        if classes := sorted(fix.classes & defined.keys()):
            evidence = tuple(
                Fact(kind=FactKind.CODE_PACKAGE, name=class_, location=Location(file=defined[class_], at=class_), value="1")
                for class_ in classes
            )
            found.append(Framework(id=fix.id, name=fix.name, kind=FrameworkKind.HOT_FIX, version="", evidence=evidence))
    return tuple(sorted(found, key=lambda one: one.id))
