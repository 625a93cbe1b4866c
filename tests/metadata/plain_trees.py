"""Texts that YAML likes least, in documents that the models accept: for property tests."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

NASTY = (
    *(
        "",
        " ",
        "no",
        "yes",
        "null",
        "~",
        "00042",
        "1.10",
        "-",
        "- a",
        "? a",
        ": a",
        "a: b",
        "a:",
        "a #b",
        "#a",
    ),
    *(
        "'a'",
        '"a"',
        'a "b" c',
        "{a}",
        "[a]",
        "a, b",
        "*a",
        "&a",
        "!a",
        "%a",
        "@a",
        "`a",
        "|",
        ">",
        "---",
        "...",
    ),
    *(
        " a",
        "a ",
        "a\nb",
        "a\n",
        "\na",
        "a\n\n\nb\n\n",
        "  a\n b",
        "a\n \nb",
        "a\tb",
        "\ta",
        "a\n# b",
        "ação ç",
    ),
    *(
        "\u00a0a",
        "a\u2028b",
        "a\x85b",
        "\u200b",
        "😀",
        "<<",
        "=",
        "a\\b",
        "-inicio",
        "today()",
        "decimal(9,2)",
    ),
    *(
        "x" * 200,
        "palavra " * 40,
        "{codigo} · {nome}",
        "http://a/b?c#d",
        "14:30",
        "a?b: c",
        "-1",
        "?",
        ":",
        "\\",
    ),
)
_ALLOWED = st.characters(
    codec="utf-8",
    exclude_categories=("Cc", "Cs"),
    exclude_characters="\ufeff\ufffe\uffff",
    include_characters="\n\t",
)
texts = st.sampled_from(NASTY) | st.text(_ALLOWED, max_size=30)
filled_texts = texts.filter(bool)
names = st.from_regex(r"[a-z]{1,6}(_[a-z]{1,4})?", fullmatch=True)
codes = st.from_regex(r"[A-Za-z0-9_.\-]{1,8}", fullmatch=True)
keys = texts.filter(lambda text: len(text) <= 100)
yes_no = st.sampled_from(("yes", "no"))
one_or_many = names | st.lists(names, max_size=5)


def documents_of(required: dict[str, Any], optional: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Return documents with their keys in any order."""
    fixed = st.fixed_dictionaries(required, optional=optional)
    return st.builds(dict, fixed.flatmap(lambda made: st.permutations(list(made.items()))))


options = st.dictionaries(
    codes,
    texts
    | documents_of(
        {"label": texts}, {"tone": st.sampled_from(("good", "bad")), "icon": texts, "help": texts}
    ),
    min_size=1,
    max_size=4,
)
_TEXTS_OF_FIELDS = dict.fromkeys(
    ("label", "short", "help", "example", "source", "note", "was", "default"), texts
)
_FLAGS = {"required": yes_no, "readonly": yes_no}
fields = st.one_of(
    st.sampled_from(("text", "date", "decimal", "decimal(12,4)", "money(15, 2)", "yes/no", "cpf")),
    documents_of(
        {"type": st.sampled_from(("text", "long text"))},
        _TEXTS_OF_FIELDS | _FLAGS | {"max": texts},
    ),
    documents_of(
        {"type": st.just("choice"), "of": names | options}, _TEXTS_OF_FIELDS | _FLAGS | {"unique": yes_no}
    ),
    documents_of(
        {"type": st.just("link"), "to": names}, {"where": st.dictionaries(names, names, max_size=2)} | _FLAGS
    ),
    documents_of({"type": st.just("decimal( 9 , 2 )")}, {"min": texts, "max": texts, "unit": texts}),
)
labels = documents_of({"one": texts, "many": texts}, {"gender": st.sampled_from(("m", "f"))})
entities = documents_of(
    {"entity": names, "label": labels, "fields": st.dictionaries(names, fields, max_size=5)},
    {
        "icon": texts,
        "help": texts,
        "shown_as": texts,
        "search": one_or_many,
        "unique": st.lists(names | st.lists(names, min_size=1, max_size=3), max_size=3),
        "order": one_or_many,
        "valid": documents_of({"from": names, "to": names}, {"within": one_or_many}),
        "note": texts,
        "was": texts,
    },
)
_item_options = documents_of(
    {},
    {"width": st.sampled_from(("0", "6", "12")), "label": texts, "readonly": yes_no, "columns": one_or_many},
)
_item = keys | st.dictionaries(keys, _item_options, min_size=1, max_size=3)
_rows = st.lists(_item | st.lists(_item, min_size=1, max_size=4), max_size=4)
_section = _rows | documents_of({"rows": _rows}, {"about": texts})
_tab = _rows | st.dictionaries(keys, _section, max_size=3)
forms = documents_of(
    {"form": names, "entity": texts},
    {"tabs": st.dictionaries(keys, _tab, max_size=3), "below": st.lists(_item, max_size=3), "note": texts},
)
lists = documents_of(
    {"list": names, "entity": texts},
    {
        "label": texts,
        "columns": one_or_many,
        "filters": one_or_many,
        "order": one_or_many,
        "views": st.dictionaries(
            keys, st.dictionaries(keys, texts | st.lists(texts, max_size=3), max_size=2), max_size=2
        ),
    },
)
_items = st.lists(texts, max_size=4)
menus = documents_of(
    {"menu": names, "items": _items | st.dictionaries(keys, _items, max_size=3)},
    {"label": texts, "icon": texts, "order": st.sampled_from(("1", "100", "007")), "into": texts},
)
choices = documents_of({"choices": names, "options": options}, {"label": texts, "note": texts})
data = documents_of({"data": names, "entity": texts, "key": one_or_many}, {"owned": yes_no, "demo": yes_no})
helps = documents_of({"help": names, "about": texts, "title": texts, "text": texts}, {"note": texts})
layouts = documents_of(
    {
        "layout": names,
        "into": texts,
        "key": one_or_many,
        "columns": st.dictionaries(
            keys, texts | documents_of({"to": texts}, {"find": texts, "default": texts}), max_size=4
        ),
    },
    {"set": st.dictionaries(keys, texts, max_size=3), "kind": st.sampled_from(("delimited", "sheet"))},
)
manifests = documents_of(
    {"package": names, "label": texts, "version": st.just("1.0.0")}, {"requires": one_or_many, "note": texts}
)
_TEXTS_OF_VALUES = dict.fromkeys(("label", "help", "source", "note"), texts)
values = st.one_of(
    st.sampled_from(("text", "date", "decimal", "money(15, 2)", "yes/no")),
    documents_of({"type": st.just("integer")}, _TEXTS_OF_VALUES | {"unit": texts}),
    documents_of({"type": st.just("choice"), "of": names | options}, _TEXTS_OF_VALUES),
    documents_of({"type": st.just("link"), "to": names}, _TEXTS_OF_VALUES),
)
_many_values = st.dictionaries(names, values, min_size=1, max_size=3)
functions = documents_of(
    {"function": names, "is": texts}, {"of": texts, "takes": _many_values, **_TEXTS_OF_VALUES}
)
parameters = documents_of(
    {"parameter": names, "type": values},
    {"of": texts, "cascade": one_or_many, "default": texts, **_TEXTS_OF_VALUES},
)
_days = st.dates().map(str)
_cells = st.sampled_from(("-", "< 18", '"a | b"', '"é"', "x + 1", "not(2)"))
_row = st.builds("{}|  {} || {}".format, _cells, _cells, _cells)
_tables = st.lists(_row | st.just("otherwise || 1"), min_size=1, max_size=4).map(
    lambda rows: "\n".join(["a |b||c", *rows])
)
decisions = documents_of(
    {"decision": names, "inputs": _many_values, "outputs": _many_values,
     "rows": texts | _tables | st.dictionaries(_days, texts | _tables, max_size=2)},
    {"pick": st.sampled_from(("unique", "first", "rule order")), "valid_from": _days, **_TEXTS_OF_VALUES},
)  # fmt: skip
_plain = st.recursive(
    texts, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(keys, inner, max_size=2)
)
_records = st.dictionaries(names, st.dictionaries(names, _plain, max_size=2), max_size=2)
_answers = st.dictionaries(names, _plain, max_size=2)
_earlier = documents_of(
    {}, {"process": names, "asked": _answers, "at": _days, "names": _records, "given": _records}
)
_cases = documents_of(
    {"expect": _plain},
    {"given": st.dictionaries(keys, _plain, max_size=3), "asked": _answers,
     "before": st.lists(_earlier, max_size=2), "by": texts, "at": _days, "left_out": one_or_many,
     "refused": one_or_many, "steps": st.dictionaries(names, st.sampled_from(("0", "3")), max_size=2),
     "row": st.sampled_from(("0", "3")), "note": texts},
)  # fmt: skip
examples = documents_of(
    {"examples": names},
    {"of": texts, "use": one_or_many, "usual": _records, "given": _records, "asked": _answers, "at": _days,
     "cases": st.dictionaries(keys, _cases, max_size=3), "note": texts},
)  # fmt: skip
