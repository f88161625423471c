"""Give a build the names back that a mapping restores: what to look for goes in by the build's names, what was found comes out by
the source's. Each restored name keeps the written one beside it: ``a.b.c (was com.vendor.Foo)``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace

from auditor.beside.mapping import NameMap
from auditor.errors import SideFileError
from auditor.extract.entrances import Entrances
from auditor.extract.lens import Lens
from auditor.model import Build, CodeUnit, Fact, FactKind, Flow, Gap, Location, Platform, Table, Text

__all__ = ["by_written_names", "restored"]

_SEVERAL = 20
"""From this many classes that kept their names on, those alone tell whether a mapping belongs to a build: short names are in
every build."""
_REFUSED_BELOW = 0.5
_DOUBTED_BELOW = 0.9
_OTHER_BUILD = "give the mapping.txt that was written together with this build"


def by_written_names(lens: Lens, names: NameMap) -> Lens:
    """Return what to look for by the names the build has for it. Classes of the platform keep theirs."""
    constants: dict[str, list[str]] = {}
    for one in lens.constants:
        class_, _, field = one.rpartition(".")
        constants.setdefault(class_, []).append(field)
    looked_for = _looked_for(lens)
    written = names.written(frozenset(looked_for) | frozenset(constants))
    exact = dict(lens.exact)
    arguments = dict(lens.arguments)
    for class_ in sorted(looked_for.keys() & written.keys()):
        called = _written_members(names, written[class_], looked_for[class_])
        exact[written[class_]] = frozenset(new for news in called.values() for new in news)
        for old, news in called.items():
            if (class_, old) in lens.arguments:
                arguments.update(((written[class_], new), lens.arguments[class_, old]) for new in news)
    carriers = _carriers(lens, names)
    found = set(lens.constants)
    for class_ in constants.keys() & written.keys():
        for news in _written_members(names, written[class_], frozenset(constants[class_])).values():
            found.update(f"{written[class_]}.{new}" for new in news)
    entrances = None if lens.entrances is None else _entrances(lens.entrances, names)
    return replace(lens, constants=frozenset(found), exact=exact, arguments=arguments, carriers=carriers, entrances=entrances)


def _carriers(lens: Lens, names: NameMap) -> Mapping[tuple[str, str], Mapping[str, int]]:
    written = names.written(frozenset(class_ for class_, _ in lens.carriers))
    return {
        (written.get(class_, class_), new): words
        for (class_, name), words in lens.carriers.items()
        for new in (_written_members(names, written[class_], frozenset({name}))[name] if class_ in written else {name})
    }


def _looked_for(lens: Lens) -> Mapping[str, frozenset[str]]:
    nothing = frozenset[str]()
    classes = lens.methods.keys() | lens.exact.keys()
    return {class_: lens.methods.get(class_, nothing) | lens.exact.get(class_, nothing) for class_ in classes}


def _entrances(entrances: Entrances, names: NameMap) -> Entrances:
    """Return where code is entered, with the classes of libraries and their methods by the names the build has for them."""
    rules = entrances.callbacks
    classes = {one.extends for one in entrances.points} | {class_ for class_, _, _ in rules.exact}
    classes |= {class_ for class_, _ in rules.annotations}
    written = names.written(frozenset(classes.union(*entrances.inflated)))

    def members(class_: str, wanted: frozenset[str]) -> frozenset[str]:
        new = _written_members(names, written[class_], wanted) if class_ in written else {}
        return wanted.union(*new.values())

    return replace(
        entrances,
        points=tuple(
            replace(one, extends=written.get(one.extends, one.extends), methods=members(one.extends, one.methods))
            for one in entrances.points
        ),
        callbacks=replace(
            rules,
            exact=tuple(
                (written.get(class_, class_), new, trigger)
                for class_, name, trigger in rules.exact
                for new in sorted(members(class_, frozenset({name})))
            ),
            annotations=tuple((written.get(class_, class_), trigger) for class_, trigger in rules.annotations),
        ),
        inflated=tuple((written.get(class_, class_), written.get(type_, type_)) for class_, type_ in entrances.inflated),
    )


def _written_members(names: NameMap, class_: str, wanted: frozenset[str]) -> dict[str, set[str]]:
    """Return what the build calls members of one of its classes; what the mapping does not list kept its name."""
    found: dict[str, set[str]] = {}
    for one in names.members(class_):
        if one.name in wanted and not one.class_:
            found.setdefault(one.name, set()).add(one.written)
    return {name: found.get(name, {name}) for name in sorted(wanted)}


def restored(build: Build, names: NameMap, lens: Lens) -> Build:
    """Return a build with the names a mapping restores. ``lens`` is what was looked for, by the source's names.

    Raises SideFileError where the mapping belongs to another build.
    """
    if build.identity.platform is not Platform.ANDROID:
        raise SideFileError(f"{names.file}: an iOS build has no names to restore", "give it with an Android build")
    gaps = tuple(_fit(build, names))
    names.keep(name for unit in build.code for name in unit.classes)
    code = tuple(_unit(unit, names) for unit in build.code)
    wanted = _looked_for(lens)
    facts = {one for fact in build.facts for one in _fact(fact, names, wanted)}
    facts.add(
        Fact(
            kind=FactKind.MAPPING,
            name=names.file,
            value=names.sha256,
            location=Location(file=names.file),
            traits=_traits({"classes": str(sum(len(unit.written) for unit in code)), "pg-map-id": names.map_id}),
        )
    )
    return replace(
        build,
        facts=tuple(sorted(facts, key=lambda fact: fact.key)),
        code=code,
        gaps=tuple(sorted({*build.gaps, *gaps}, key=lambda gap: gap.key)),
        flow=None if build.flow is None else _flow(build.flow, names),
    )


# -- whether it belongs to the build -----------------------------------------------------------------------------------


def _fit(build: Build, names: NameMap) -> Iterator[Gap]:
    """Yield what casts doubt on a mapping. Raises SideFileError where it is surely another build's."""
    ids = {fact.trait("pg-map-id") or "" for fact in build.of(FactKind.BUILD_TOOL)} - {""}
    known = bool(ids and names.map_id)
    if known and not any(_same_id(one, names.map_id) for one in ids):
        raise SideFileError(
            f"{names.file} belongs to another build: its pg_map_id is {names.map_id}, the build's {', '.join(sorted(ids))}",
            _OTHER_BUILD,
        )
    defined = {name for unit in build.code for name in unit.classes}
    kept = [written for written, name in names.originals.items() if written == name]
    telling = kept if len(kept) >= _SEVERAL else list(names.originals)
    there = sum(name in defined for name in telling)
    if not known and there < _REFUSED_BELOW * len(telling):
        raise SideFileError(
            f"{names.file} belongs to another build: of {len(telling)} classes it names, this one has {there}", _OTHER_BUILD
        )
    if there < _DOUBTED_BELOW * len(telling) and not known:
        yield _doubt(
            names,
            f"其中 {len(telling)} 个类有 {len(telling) - there} 个不在安装包中，可能属于另一个构建；还原的名称可能有误",
            f"names {len(telling)} classes of which {len(telling) - there} are not in the build; it may be another build's,"
            " so restored names may be wrong",
        )
    if not names.whole:
        yield _doubt(
            names,
            "内容与其头部的哈希不符，生成之后被改动或截断；还原的名称可能有误或不全",
            "does not have the hash its header states: it was changed or cut since it was written, so restored names may be wrong"
            " or missing",
        )


def _same_id(one: str, other: str) -> bool:
    """Compare two ids: R8 wrote the first seven digits of the hash at first, and all of it later."""
    return one == other or (min(len(one), len(other)) >= 7 and (one.startswith(other) or other.startswith(one)))


def _doubt(names: NameMap, zh: str, en: str) -> Gap:
    return Gap(location=Location(file=names.file), reason=Text(zh=zh, en=en), hides=frozenset({Table.SDKS, Table.DATA}))


# -- names -------------------------------------------------------------------------------------------------------------


def _unit(unit: CodeUnit, names: NameMap) -> CodeUnit:
    class_ = names.class_

    def by_class(pairs: Iterable[tuple[str, tuple[str, ...]]], each: Callable[[str], str]) -> tuple[tuple[str, tuple[str, ...]], ...]:
        found: dict[str, set[str]] = {}
        for name, others in pairs:
            found.setdefault(class_(name), set()).update(map(each, others))
        return tuple((name, tuple(sorted(others))) for name, others in sorted(found.items()))

    return CodeUnit(
        file=unit.file,
        classes=tuple(sorted({class_(name) for name in unit.classes})),
        literals=by_class(unit.literals, str),
        references=by_class(unit.references, class_),
        written=tuple(sorted((class_(name), name) for name in unit.classes if class_(name) != name)),
    )


def _flow(flow: Flow, names: NameMap) -> Flow:
    """Restore the names that are shown; those of the methods reached stay the build's, as call sites keep them, too."""

    def shown(step: str) -> str:
        class_, _, method = step.rpartition(".")
        return names.method(class_, method, "") or f"{names.class_(class_)}.{method}"

    return replace(
        flow,
        classes=tuple(map(names.class_, flow.classes)),
        methods=tuple(replace(one, path=tuple(map(shown, one.path))) for one in flow.methods),
    )


def _fact(fact: Fact, names: NameMap, wanted: Mapping[str, frozenset[str]]) -> Iterator[Fact]:
    if fact.kind is FactKind.CALL:
        yield from _call(fact, names, wanted)
    elif fact.kind is FactKind.CONSTANT:
        class_ = fact.name.rpartition(".")[0]
        name = names.field(fact.name)
        yield fact if name == fact.name else _changed(fact, name=name, at=f"{class_} (was {names.class_(class_)})", written=fact.name)
    elif fact.kind is FactKind.COMPONENT:
        name, target = names.class_(fact.name), fact.trait("target")
        if name != fact.name:
            yield _changed(fact, name=name, target=names.class_(target) if target else "", written=fact.name)
        else:
            yield fact
    elif fact.kind in (FactKind.HOST, FactKind.WORDING) and names.class_(fact.location.at) != fact.location.at:
        class_ = names.class_(fact.location.at)
        by = class_ if fact.by == fact.location.at else None
        yield _changed(fact, name=fact.name, by=by, at=f"{fact.location.at} (was {class_})")
    elif fact.kind is FactKind.META_DATA and names.class_(fact.by) != fact.by:
        yield replace(fact, by=names.class_(fact.by))
    else:
        yield fact


def _call(fact: Fact, names: NameMap, wanted: Mapping[str, frozenset[str]]) -> Iterator[Fact]:
    """Yield a call by the source's names, or nothing where the method only has the short name of one that was looked for."""
    class_, _, method = fact.name.rpartition(".")
    descriptor = fact.trait("descriptor") or ""
    name = fact.name
    if class_ in names.originals:
        found = names.method(class_, method, descriptor)
        name = found or fact.name
        owner, _, called = name.rpartition(".")
        if called not in wanted.get(owner, ()):
            return
    caller, _, offset = fact.location.at.rpartition(" +0x")
    head, opened, parameters = caller.partition("(")
    own, _, own_name = head.rpartition(".")
    was = (names.method(own, own_name, f"({parameters}") if opened else None) or names.class_(own)
    via = fact.trait("via") or ""
    changed = _changed(
        fact,
        name=name,
        by=names.class_(fact.by),
        at=fact.location.at if was in (head, own) else f"{caller} (was {was}) +0x{offset}",
        descriptor=names.descriptor(descriptor),
        via=names.class_(via),
        written=fact.by if names.class_(fact.by) != fact.by else "",
    )
    # the constant that an argument is shown to be may be a field's
    field = "" if fact.value.startswith('"') else fact.value
    yield replace(changed, value=names.field(field)) if "." in field else changed


def _changed(fact: Fact, *, name: str, by: str | None = None, at: str | None = None, **traits: str) -> Fact:
    return replace(
        fact,
        name=name,
        by=fact.by if by is None else by,
        location=fact.location if at is None else Location(file=fact.location.file, at=at),
        traits=_traits({**dict(fact.traits), **traits}),
    )


def _traits(pairs: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted((name, value) for name, value in pairs.items() if value))
