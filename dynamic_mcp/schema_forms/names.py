"""The names of form inputs: the path of the value, dotted, with `@` for what steers the form itself.

`args.filter.0.name` is a value; `args.filter@rows` the number of rows shown, `@variant` the chosen variant, `@key` a
map's key, `@more` an object's further properties, `@null` and `@keep` an explicit null and an explicit empty value.
"""

MAX_ROWS = 100


def escape(key: str) -> str:
    """Return a property's name as one segment of an input's name."""
    return key.replace("~", "~0").replace(".", "~1").replace("@", "~2")


def child(name: str, key: str | int) -> str:
    """Return the input's name of a property or a row below `name`."""
    return f"{name}.{escape(str(key))}"


def variant(name: str, index: int) -> str:
    """Return the name under which a variant keeps its own inputs, so that variants never mix."""
    return f"{name}@{index}"


def html_id(name: str) -> str:
    """Return the element id of an input: the name without characters that selectors mind."""
    return "f-" + "".join(char if char.isalnum() or char in "-_" else f"_{ord(char):x}_" for char in name)


def place(path: str) -> str:
    """Return a value's path in one spelling: `/a/b/0`, `$.a.b[0]` and `a.b.0` are the same place."""
    plain = path.removeprefix("$").replace("[", ".").replace("]", "").replace("/", ".")
    return ".".join(part.strip("'\"") for part in plain.split(".") if part)
