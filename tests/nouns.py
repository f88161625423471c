"""Hypothesis strategies for the nouns of an audit: any value the model allows."""

from __future__ import annotations

from hypothesis import strategies as st

from auditor import model
from auditor.model import Confidence, FactKind, Platform, SdkTier, Severity, State, Table, Verdict

words = st.text(max_size=8)
texts = st.builds(model.Text, zh=words, en=words)
places = st.builds(model.Location, file=words, at=words | st.integers(1, 400).map(str))
traits = st.dictionaries(words, words, max_size=2).map(lambda pairs: tuple(sorted(pairs.items())))
facts = st.builds(
    model.Fact,
    kind=st.sampled_from(FactKind),
    name=words,
    location=places,
    value=words,
    by=words,
    traits=traits,
)


def tuples(strategy, size=2, key=None, **options):
    """Tuples of up to ``size`` values, sorted by ``key`` where one is given."""
    lists = st.lists(strategy, max_size=size, **options)
    return lists.map(lambda values: tuple(sorted(values, key=key) if key else values))


passages = st.builds(model.Passage, line=st.integers(1, 99), page=st.none() | st.integers(1, 9), quote=words)
origin = {"location": places, "policy": st.none() | places, "at": tuples(passages, 1)}
rows_of = {**origin, "confidence": st.sampled_from(Confidence)}
platforms = st.frozensets(st.sampled_from(Platform))
maybe_place = st.none() | places
signers = st.builds(
    model.Signer,
    sha256=words,
    subject=words,
    scheme=words,
    verified=st.none() | st.booleans(),
    reason=st.none() | texts,
    earlier=tuples(words),
    certificate=st.binary(max_size=20),
)
identities = st.builds(
    model.Identity,
    platform=st.sampled_from(Platform),
    app_id=words,
    label=words,
    version=words,
    version_code=words,
    sha256=words,
    size=st.integers(0, 2**40),
    signer=tuples(signers),
    signature_faults=tuples(texts),
    teams=tuples(words),
)
gaps = st.builds(model.Gap, location=places, reason=texts, hides=st.frozensets(st.sampled_from(Table)))
sdks = st.builds(
    model.Sdk,
    id=words,
    tier=st.sampled_from(SdkTier),
    confidence=st.sampled_from(Confidence),
    evidence=tuples(facts, unique=True),
    version=st.none() | words,
)
declared_permissions = st.builds(
    model.DeclaredPermission,
    name=words,
    text=words,
    purpose=words,
    purpose_shared_with=words,
    **rows_of,
)
declared_usage_keys = st.builds(
    model.DeclaredUsageKey, key=words, purpose=words, purpose_shared_with=words, **rows_of
)
declared_sdks = st.builds(
    model.DeclaredSdk,
    name=words,
    package=words,
    aliases=tuples(words),
    id=words,
    vendor=words,
    purpose=words,
    purpose_shared_with=words,
    data=tuples(words),
    data_text=words,
    permissions=tuples(words),
    platforms=platforms,
    url=words,
    **rows_of,
)
declared_data = st.builds(
    model.DeclaredData, type=words, text=words, vague=st.booleans(), when=words, platforms=platforms, **rows_of
)
statements = st.builds(model.DeclaredStatement, kind=words, text=words, data=tuples(words), **origin)
declarations = st.builds(
    model.Declaration,
    file=words,
    sha256=words,
    app=words,
    operator=words,
    policy=st.builds(model.PolicySource, file=words, sha256=words, effective=words),
    category=words,
    app_ids=tuples(words),
    signers=tuples(words),
    permissions=tuples(declared_permissions, 1),
    usage_keys=tuples(declared_usage_keys, 1),
    sdks=tuples(declared_sdks, 1),
    data=tuples(declared_data, 1),
    denials=tuples(declared_data, 1),
    harmony_permissions=tuples(declared_permissions, 1),
    statements=tuples(statements, 1),
)


collections = st.builds(
    model.Collection,
    type=words,
    owner=st.sampled_from(model.OwnerKind),
    sdk=words,
    confidence=st.sampled_from(Confidence),
    evidence=tuples(facts, 1),
    count=st.integers(1, 99),
    severity=st.sampled_from(Severity),
    may=st.booleans(),
    permission_held=st.none() | st.booleans(),
    can_succeed=st.booleans(),
    why_not=st.none() | texts,
    reach=st.sampled_from(model.Reach),
)


@st.composite
def rows(draw, table):
    """Rows of one table; in the SDK table, what was found is the evidence of the SDK."""
    sdk = draw(st.none() | sdks) if table is Table.SDKS else None
    data = {}
    if table is Table.DATA:
        data = {
            "collectors": draw(tuples(collections)),
            "beyond": draw(tuples(words)),
            "also_declared": draw(tuples(declared_sdks | declared_data, 1)),
            "denied_by": draw(tuples(declared_data, 1)),
        }
    elif table is Table.PERMISSIONS:
        data = {"used_by": draw(tuples(facts))}
    either = st.none() | declared_permissions | declared_usage_keys | declared_sdks | declared_data
    return model.Row(
        table=table,
        subject=draw(words),
        state=draw(st.sampled_from(State)),
        declared=draw(either),
        covered_by=draw(words),
        found=sdk.evidence if sdk else draw(tuples(facts)),
        sdk=sdk,
        note=draw(st.none() | texts),
        **data,
    )


findings = st.builds(
    model.Finding,
    rule=words,
    subject=words,
    message=texts,
    steps=tuples(st.builds(model.Step, owner=st.sampled_from(model.Owner), text=texts)),
    wording=st.none() | texts,
    severity=st.sampled_from(Severity),
    confidence=st.sampled_from(Confidence),
    evidence=tuples(facts),
    declared=maybe_place,
    policy=maybe_place,
    regulations=tuples(words),
    table=st.sampled_from([None, Table.DATA]),
)
rules = st.builds(
    model.RuleInfo, id=words, title=texts, severity=st.sampled_from(Severity), cites=tuples(words), help=texts, limits=texts
)
clauses = st.builds(model.Clause, id=words, cite=texts, summary=texts)


bringers = st.builds(model.Bringer, id=words, versions=tuples(words), without=tuples(words))
manifest_entries = st.builds(
    model.ManifestEntry,
    fact=facts,
    provenance=st.sampled_from(model.Provenance),
    by=tuples(bringers, key=lambda one: one.id),
    class_of=tuples(words),
)


decisions = st.builds(
    model.Decision,
    fingerprint=words,
    kind=st.sampled_from(model.DecisionKind),
    by=words,
    reason=words,
    location=places,
    until=words,
    severity=st.none() | st.sampled_from(Severity),
    rule=words,
    subject=words,
    gap=words,
)
decided = st.builds(
    model.Decided, file=words, sha256=words, on=words, held=tuples(decisions), lapsed=tuples(decisions, 1), unmatched=tuples(decisions, 1)
)


@st.composite
def audits(draw):
    """Any audit whose parts are in the order the model asks for."""
    checked = tuple(
        model.Checked(
            table=table,
            compared=draw(st.booleans()),
            reason=draw(st.none() | texts),
            doubtful=draw(st.booleans()),
        )
        for table in Table
    )
    return model.Audit(
        tool=model.Tool(version=draw(words), knowledge=draw(words)),
        identity=draw(identities),
        declaration=draw(declarations),
        verdict=draw(st.sampled_from(Verdict)),
        checked=checked,
        rows=tuple(row for table in Table for row in draw(tuples(rows(table), key=lambda row: row.subject))),
        findings=draw(tuples(findings, key=lambda finding: finding.key)),
        accepted=draw(tuples(findings, 1)),
        gaps=draw(tuples(gaps, key=lambda gap: gap.key)),
        rules=draw(tuples(rules, key=lambda rule: rule.id)),
        clauses=draw(tuples(clauses, key=lambda clause: clause.id)),
        manifest=draw(tuples(manifest_entries, key=lambda one: one.key)),
        names=tuple(sorted(draw(st.dictionaries(words, texts, max_size=2)).items())),
        data_names=tuple(sorted(draw(st.dictionaries(words, texts, max_size=2)).items())),
        not_checkable=draw(
            tuples(st.builds(model.NotCheckable, id=words, name=texts, why=texts, declared=tuples(places, 1)), 1)
        ),
        presences=draw(
            tuples(st.builds(model.Presence, subject=words, name=texts, evidence=tuples(facts, 1), note=st.none() | texts), 1)
        ),
        sensitive=tuple(sorted(draw(st.sets(words, max_size=2)))),
        opens=tuple(sorted(draw(st.dictionaries(words, st.sets(words, min_size=1, max_size=2).map(sorted).map(tuple))).items())),
        suppliers=draw(tuples(st.builds(model.Supplier, sdk=words, vendor=texts, url=words), key=lambda one: one.sdk)),
        decided=draw(st.none() | decided),
    )
