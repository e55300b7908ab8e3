"""Write docs/statistics: a page per statistical method, and a page to choose from."""

import inspect
import re
from collections.abc import Iterator
from pathlib import Path

from docs.statistics_examples import Family, Method, families, shown, steps, study
from nodewise import stats

OUT = Path(__file__).parent / "statistics"
PAGE = """# {title}

**Use it when**: {use}

**Not when**: {avoid}

Family: [{family}](README.md#{anchor}).

```text
{formula}
```

{functions}
## What it prints

On the simulated tables of [docs/statistics.md](../statistics.md)
([the arrays and their names](README.md#the-data-of-the-examples)):

```python
{printed}
```

*Written by `make docs` from docstrings and `docs/statistics_methods`; the output is executed.*
"""
HEAD = """# Which statistic to take

Every function here takes arrays and returns an `Estimate` (value, interval, method, counts), a
`Test`, or a small record of them; printed, they are a sentence for the results section. **The
patient is the cluster**: wherever nodes, levels or sides are the units, the patient of each is a
required argument. What data cannot give is refused in a sentence (`StatsError`), or comes as a
value with the reason why it has no interval. How often the intervals hold the truth is in
[coverage](../coverage.md), what they were held against in
[published cases](../statistics_cases.md); [a table](../statistics.md) needs no Python.

"""
DATA = """## The data of the examples

Simulated: 96 nodes of 40 patients, four readers, follow-up of the same 40 patients;
`docs/statistics_examples.py` makes them, `study()` returns them.

| name | what | shape |
|---|---|---|
"""
MEANINGS = {
    "patient": "patient of each node",
    "metastatic": "reference standard of each node",
    "adc": "apparent diffusion coefficient, mm²/s; low speaks for disease",
    "size": "short axis, mm",
    "mri": "call of one test",
    "pet": "call of another",
    "arm": "treatment group of the node's patient",
    "chance": "predicted probability of metastasis",
    "verified": "reference where there is one, else NaN",
    "findings": "large, positive on MRI, positive on PET",
    "suspicion": "scores 1 to 5 of two sequences by four readers",
    "grade": "grade 0 to 3 by four readers, NaN where not given",
    "short_axis": "measured by four readers, mm",
    "known_by_all": "whether all four graded the node",
    "graded_by_first": "whether the first reader graded the node",
    "right": "whether PET was right, in the order of reading",
    "order": "number of the reading",
    "seconds": "time of the reading, s",
    "person": "each patient",
    "months": "follow-up, months",
    "status": "0 lost or free, 1 progression, 2 death",
    "progressed": "progression, death counting as lost",
    "age": "years",
    "involved": "number of metastatic nodes",
    "treatment": "group of each patient",
}


def main() -> None:
    """Write every page and the list."""
    texts = pages()
    OUT.mkdir(exist_ok=True)
    for name, text in texts.items():
        (OUT / f"{name}.md").write_text(text, encoding="utf-8")
    for path in OUT.glob("*.md"):
        if path.stem not in texts:
            path.unlink()


def pages() -> dict[str, str]:
    """The text of every page by the name of its file."""
    data = study()
    texts = {"README": index(data)}
    for family in families():
        for method in family.methods:
            texts[method.page] = page(method, family, data)
    return texts


def index(data: dict) -> str:
    """Families, advice and methods; the names of the examples."""
    parts = [HEAD]
    for number, family in enumerate(families(), start=1):
        parts += [f"## {number}. {family.title}\n\n{family.advice}\n\n"]
        parts += ["| method | functions |\n|---|---|\n"]
        for method in family.methods:
            names = ", ".join(f"`{name}`" for name in method.functions)
            parts += [f"| [{method.title}]({method.page}.md) | {names} |\n"]
        parts += ["\n"]
    rows = (f"| `{name}` | {what} | {data[name].shape} |\n" for name, what in MEANINGS.items())
    return "".join([*parts, DATA, *rows])


def page(method: Method, family: Family, data: dict) -> str:
    """One method: when to use it, its functions, and what they print."""
    number = [each.title for each in families()].index(family.title) + 1
    return PAGE.format(
        title=method.title,
        use=method.use,
        avoid=method.avoid,
        family=family.title,
        formula=method.formula.strip(),
        anchor=f"{number}-{re.sub(r'[^a-z -]', '', family.title.lower()).replace(' ', '-')}",
        functions="\n".join(described(name) for name in method.functions),
        printed="\n".join(transcript(method, data)),
    )


def transcript(method: Method, data: dict) -> Iterator[str]:
    """The code as typed, with what it prints."""
    for text, value in steps(method.code, data):
        yield ">>> " + text.replace("\n", "\n... ")
        if value is not None:
            yield shown(value)


def described(name: str) -> str:
    """A function's signature, meaning, arguments and source, from its docstring."""
    function = getattr(stats, name)
    sections = docstring(function)
    lines = [f"### `{signature(name)}`\n", sections.pop(""), ""]
    for title, body in sections.items():
        if title == "Args":
            lines += ["| argument | meaning |", "|---|---|"]
            lines += [f"| `{key}` | {cell(meaning)} |" for key, meaning in arguments(body)]
        elif title != "Raises":
            lines.append(f"**{title}**: {' '.join(body.split())}")
        lines.append("")
    return "\n".join(lines)


def docstring(function: object) -> dict[str, str]:
    """Text by section; the first has no title. Doctests are left out."""
    text = (inspect.getdoc(function) or "").split("\n>>> ")[0]
    parts = re.split(r"(?m)^(Args|Returns|Raises|Source):$", text)
    sections = {"": parts[0].strip()}
    return sections | dict(
        zip(parts[1::2], (body.strip("\n") for body in parts[2::2]), strict=True)
    )


def arguments(body: str) -> list[tuple[str, str]]:
    """Name and meaning of each argument."""
    items = re.findall(r"(?ms)^    (\w+): (.*?)(?=^    \w+: |\Z)", body + "\n")
    return [(name, " ".join(meaning.split())) for name, meaning in items]


def signature(name: str) -> str:
    """Names of arguments and their defaults, without types."""
    found = inspect.signature(getattr(stats, name))
    plain = [p.replace(annotation=inspect.Parameter.empty) for p in found.parameters.values()]
    text = str(found.replace(parameters=plain, return_annotation=inspect.Signature.empty))
    text = re.sub(r"<function (\w+) at 0x\w+>", r"\1", text)
    return name + re.sub(r"<\w+\.\w+: ('[^']*')>", r"\1", text)


def cell(text: str) -> str:
    """Text that cannot end a table's cell."""
    return text.replace("|", "\\|")


if __name__ == "__main__":
    main()
