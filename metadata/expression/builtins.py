"""This file is the list of built-in functions: their names, parameters and results; what they do is kernel's.

`kernel.expression.functions` has a closure for each, and an SQL form where there is an exact one; a test
compares the names.
"""

from __future__ import annotations

from dataclasses import dataclass

NUMBER, TEXT, BOOLEAN, DATE, TIME, INSTANT = "number", "string", "boolean", "date", "time", "date and time"
DAYS, MONTHS, DURATION, LIST, CONTEXT, RANGE, ANY = (
    "days and time duration", "years and months duration", "duration", "list", "context", "range", "Any",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Signature:
    """One way to call a built-in.

    parameters: name → type, in order.  required: how many of them must be given.  is_variadic: the last
    one may come any number of times.  result: the type, `same` for that of the first argument, `item` for
    that of the items of the first argument, `total` for that of lengths of time, else a number, `common` for
    what all arguments have in common.
    """

    parameters: tuple[tuple[str, str], ...]
    required: int
    result: str
    is_variadic: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the parameters."""
        return tuple(name for name, _ in self.parameters)


def _one(line: str) -> tuple[str, Signature]:
    """Read `name(a: type, [b: type], c: type...) -> type`."""
    head, _, result = line.partition(" -> ")
    name, _, inside = head.partition("(")
    parts = [part.strip() for part in inside.rstrip(")").split(",") if part.strip()]
    optional = [part.startswith("[") for part in parts]
    bare = [part.strip("[]") for part in parts]
    is_variadic = bool(bare) and bare[-1].endswith("...")
    pairs = tuple(
        (key.strip(), kind.strip().removesuffix("...")) for key, _, kind in (p.partition(":") for p in bare)
    )
    return name, Signature(pairs, len(parts) - sum(optional), result.strip(), is_variadic)


_CLOCK = "hour: number, minute: number, second: number"
_TABLE = """
not(negand: boolean) -> boolean
string(from: Any) -> string
string(mask: string, values: Any...) -> string
number(from: Any, [grouping separator: string], [decimal separator: string]) -> number
substring(string: string, start position: number, [length: number]) -> string
string length(string: string) -> number
upper case(string: string) -> string
lower case(string: string) -> string
substring before(string: string, match: string) -> string
substring after(string: string, match: string) -> string
replace(input: string, pattern: string, replacement: string, [flags: string]) -> string
contains(string: string, match: string) -> boolean
starts with(string: string, match: string) -> boolean
ends with(string: string, match: string) -> boolean
matches(input: string, pattern: string, [flags: string]) -> boolean
split(string: string, delimiter: string) -> list
string join(list: list, [delimiter: string]) -> string
string join(list: list, delimiter: string, prefix: string, suffix: string) -> string
date(from: Any) -> date
date(year: number, month: number, day: number) -> date
time(from: Any) -> time
time(hour: number, minute: number, second: number, [offset: days and time duration]) -> time
date and time(from: Any) -> date and time
date and time(date: Any, time: time) -> date and time
date and time(date and time: date and time, timezone: string) -> date and time
date and time(year: number, month: number, day: number, +clock) -> date and time
date and time(year: number, month: number, day: number, +clock, offset: Any) -> date and time
duration(from: string) -> duration
years and months duration(from: Any, to: Any) -> years and months duration
now() -> date and time
today() -> date
day of year(date: Any) -> number
day of week(date: Any) -> string
month of year(date: Any) -> string
week of year(date: Any) -> number
last day of month(date: Any) -> date
decimal(n: number, scale: number) -> number
floor(n: number, [scale: number]) -> number
ceiling(n: number, [scale: number]) -> number
round up(n: number, scale: number) -> number
round down(n: number, scale: number) -> number
round half up(n: number, scale: number) -> number
round half down(n: number, scale: number) -> number
abs(n: Any) -> same
modulo(dividend: number, divisor: number) -> number
sqrt(number: number) -> number
log(number: number) -> number
exp(number: number) -> number
odd(number: number) -> boolean
even(number: number) -> boolean
list contains(list: list, element: Any) -> boolean
count(list: list) -> number
min(list: list) -> item
min(values: Any...) -> same
max(list: list) -> item
max(values: Any...) -> same
sum(list: list) -> total
sum(values: number...) -> number
mean(list: list) -> total
mean(values: number...) -> number
median(list: list) -> number
median(values: number...) -> number
stddev(list: list) -> number
stddev(values: number...) -> number
mode(list: list) -> list
mode(values: number...) -> list
product(list: list) -> number
product(values: number...) -> number
all(list: list) -> boolean
all(values: boolean...) -> boolean
any(list: list) -> boolean
any(values: boolean...) -> boolean
and(list: list) -> boolean
or(list: list) -> boolean
sublist(list: list, start position: number, [length: number]) -> same
append(list: list, items: Any...) -> same
concatenate(lists: list...) -> same
insert before(list: list, position: number, newItem: Any) -> same
remove(list: list, position: number) -> same
list replace(list: list, position: number, newItem: Any) -> same
list replace(list: list, match: Any, newItem: Any) -> same
reverse(list: list) -> same
index of(list: list, match: Any) -> list
union(lists: list...) -> same
distinct values(list: list) -> same
duplicate values(list: list) -> same
flatten(list: list) -> list
sort(list: list, [precedes: Any]) -> same
get value(m: context, key: string) -> Any
get value(m: context, keys: list) -> Any
get entries(m: context) -> list
context(entries: list) -> context
context put(context: context, key: string, value: Any) -> context
context put(context: context, keys: list, value: Any) -> context
context merge(contexts: list) -> context
is(value1: Any, [value2: Any]) -> boolean
range(from: string) -> range
before(point1: Any, point2: Any) -> boolean
after(point1: Any, point2: Any) -> boolean
meets(range1: range, range2: range) -> boolean
met by(range1: range, range2: range) -> boolean
overlaps(range1: range, range2: range) -> boolean
overlaps before(range1: range, range2: range) -> boolean
overlaps after(range1: range, range2: range) -> boolean
finishes(point: Any, range: range) -> boolean
finished by(range: range, point: Any) -> boolean
includes(range: range, point: Any) -> boolean
during(point: Any, range: range) -> boolean
starts(point: Any, range: range) -> boolean
started by(range: range, point: Any) -> boolean
coincides(point1: Any, point2: Any) -> boolean
"""
# What the product adds to the standard.
_OWN = """
coalesce(values: Any...) -> common
has right(name: string) -> boolean
is cpf(text: string) -> boolean
is cnpj(text: string) -> boolean
is cns(text: string) -> boolean
is luhn(text: string) -> boolean
mod10(text: string) -> string
mod11(text: string, [weights: list], [remainders: context]) -> string
years between(from: date, to: date) -> number
months between(from: date, to: date) -> number
days between(from: date, to: date) -> number
first day of month(date: date) -> date
first day of year(date: date) -> date
last day of year(date: date) -> date
is business day(date: date, [holidays: list]) -> boolean
next business day(date: date, [holidays: list]) -> date
add business days(date: date, days: number, [holidays: list]) -> date
business days between(from: date, to: date, [holidays: list]) -> number
in words(number: number, [feminine: boolean]) -> string
money in words(amount: number) -> string
pad left(text: string, length: number, [filler: string]) -> string
pad right(text: string, length: number, [filler: string]) -> string
left(text: string, length: number) -> string
right(text: string, length: number) -> string
trim(text: string) -> string
digits of(text: string) -> string
without accents(text: string) -> string
md5(text: string, [charset: string]) -> string
sha256(text: string, [charset: string]) -> string
drawn(from: string, below: number) -> number
"""


def _built() -> dict[str, tuple[Signature, ...]]:
    found: dict[str, tuple[Signature, ...]] = {}
    for line in (_TABLE.strip() + _OWN.rstrip()).splitlines():
        name, signature = _one(line.replace("+clock", _CLOCK))
        found[name] = (*found.get(name, ()), signature)
    return found


BUILTINS: dict[str, tuple[Signature, ...]] = _built()

# Where a built-in can be answered: for sets in SQL (whatever else it is given), or only where the site's own
# days are known; for one record otherwise.
_IN_SQL = """
not, is, string, number, substring, string length, upper case, lower case, substring before, substring
after, contains, starts with, ends with, decimal, floor, ceiling, round up, round down, round half up,
round half down, abs, modulo, odd, even, date, time, date and time, duration, years and months duration,
today, now, day of year, day of week, month of year, week of year, last day of month, list contains,
count, sum, mean, min, max, all, and, any, or, before, after, meets, met by, overlaps, overlaps before,
overlaps after, finishes, finished by, includes, during, starts, started by, coincides, coalesce, years
between, months between, days between, first day of month, first day of year, last day of year, left,
right, pad left, pad right, trim, digits of, mod11, drawn, is business day, next business day, add business
days, business days between
"""
_ON_SERVER = "has right"
LEVELS: dict[str, str] = {
    **dict.fromkeys(BUILTINS, "record"),
    **dict.fromkeys((" ".join(name.split()) for name in _IN_SQL.split(",")), "sql"),
    **dict.fromkeys(_ON_SERVER.split(", "), "server"),
}
TYPE_NAMES = frozenset((DATE, TIME, INSTANT, DAYS, MONTHS, NUMBER, TEXT, BOOLEAN, LIST, CONTEXT, RANGE, ANY))
PROPERTIES = ("time offset", "start included", "end included")
SPOKEN = frozenset(name for name in (*BUILTINS, *TYPE_NAMES, *PROPERTIES) if " " in name)
OWN = frozenset(_one(line)[0] for line in _OWN.strip().splitlines())
