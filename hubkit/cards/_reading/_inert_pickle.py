"""A pickle as the data that it describes: nothing is imported, looked up or called.

A pickle is a program for a machine with a stack. Python's own machine builds objects
of whatever classes the program names, and so runs what its author wants. This one has
the same stack, but where the program says "build an object of that class from these
arguments" it notes down the class's name and the arguments.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from attrs import define, field, frozen

from hubkit.cards._reading._files import UnreadableError

__all__ = ["Instance", "Reference", "read_pickle"]

# Each instruction makes one value at most, and each argument lies in the bytes: both
# time and memory are bounded by the length, which the caller limits.
_MAX_INSTRUCTIONS = 100_000


@frozen(eq=False, repr=False)
class Reference:
    """A class or function that a pickle names. It was not looked up."""

    name: str
    """Module and qualified name, such as `torch.bfloat16`."""


@define(eq=False, repr=False)
class Instance:
    """An object as a pickle describes it. It was not built."""

    made_by: str
    """Module and qualified name of its class, or of what was to be called for it."""

    arguments: tuple[Any, ...] = ()
    """The positional arguments."""

    state: dict[str, Any] = field(factory=dict)
    """Its attributes."""


def read_pickle(raw: bytes) -> object:
    """The value that a pickle describes.

    It may hold itself, and be far bigger when written out than its bytes: whoever
    walks through it has to keep count.

    Args:
        raw: A pickle, of a length that the caller has limited.

    Raises:
        UnreadableError: It is damaged, or uses an instruction of no use for plain data.
    """
    # Only the scanner of instructions, which decodes their arguments.
    from pickletools import genops

    machine = _Machine()
    try:
        for count, (instruction, argument, _) in enumerate(genops(raw)):
            if count > _MAX_INSTRUCTIONS:
                raise UnreadableError(f"has over {_MAX_INSTRUCTIONS:,} instructions")
            machine.step(instruction.name, argument)
        (value,) = machine.stack
    except (ValueError, IndexError, KeyError, TypeError, OverflowError) as error:
        # Not the error's text: it may quote the file.
        raise UnreadableError("is damaged") from error
    return value


class _Machine:
    """The stack, the marks in it, and the memory."""

    def __init__(self) -> None:
        self.stack: list[Any] = []
        self._marks: list[int] = []
        self._memory: dict[int, Any] = {}

    def step(self, name: str, argument: Any) -> None:
        """Follow one instruction."""
        if name in _IGNORED:
            return
        if name in _ARGUMENTS:
            self.stack.append(argument)
        elif name in _CONSTANTS:
            self.stack.append(_CONSTANTS[name]())
        elif name in _TUPLES:
            self._gather(tuple, _TUPLES[name])
        elif name in _FROM_MARK:
            self._gather(_FROM_MARK[name], len(self.stack) - self._marks.pop())
        elif name in _ACTIONS:
            _ACTIONS[name](self, argument)
        else:
            raise UnreadableError(f"uses the instruction {name}, which plain data needs none of")

    def _pop(self, count: int) -> list[Any]:
        """The values on top, which must lie above the last mark."""
        floor = self._marks[-1] if self._marks else 0
        if len(self.stack) - count < floor:
            raise ValueError("the stack is empty")
        cut = len(self.stack) - count
        values = self.stack[cut:]
        del self.stack[cut:]
        return values

    def _gather(self, kind: Callable[[list[Any]], Any], count: int) -> None:
        self.stack.append(kind(self._pop(count)))

    def _mark(self, _: Any) -> None:
        self._marks.append(len(self.stack))

    def _drop(self, _: Any) -> None:
        self._pop(1)

    def _drop_to_mark(self, _: Any) -> None:
        del self.stack[self._marks.pop() :]

    def _extend(self, _: Any) -> None:
        values = self._pop(len(self.stack) - self._marks.pop())
        self._top(list).extend(values)

    def _append(self, _: Any) -> None:
        values = self._pop(1)
        self._top(list).extend(values)

    def _update(self, _: Any) -> None:
        values = self._pop(len(self.stack) - self._marks.pop())
        self._top(dict).update(_mapping(values))

    def _set_item(self, _: Any) -> None:
        values = self._pop(2)
        self._top(dict).update(_mapping(values))

    def _top(self, kind: type) -> Any:
        if not isinstance(self.stack[-1], kind):
            raise ValueError("an item for something that takes none")
        return self.stack[-1]

    def _put(self, index: Any) -> None:
        self._memory[len(self._memory) if index is None else index] = self.stack[-1]

    def _get(self, index: Any) -> None:
        self.stack.append(self._memory[index])

    def _refer(self, names: Any) -> None:
        # Two names on the stack, or one text of both.
        module, name = self._pop(2) if names is None else names.split(" ", 1)
        if not isinstance(module, str) or not isinstance(name, str):
            raise ValueError("a name that is no text")
        self.stack.append(Reference(f"{module}.{name}"))

    def _call(self, _: Any) -> None:
        made_by, arguments = self._pop(2)
        self._make(made_by, arguments)

    def _call_with_names(self, _: Any) -> None:
        made_by, arguments, _names = self._pop(3)
        self._make(made_by, arguments)

    def _make(self, made_by: Any, arguments: Any) -> None:
        name = made_by.name if isinstance(made_by, Reference) else ""
        self.stack.append(Instance(name, arguments if isinstance(arguments, tuple) else ()))

    def _build(self, _: Any) -> None:
        (state,) = self._pop(1)
        target = self._top(object)
        # Of a pair the second half goes into slots. Not copied: a thousand objects may share one.
        attributes = state[0] if isinstance(state, tuple) and state else state
        if isinstance(target, Instance) and isinstance(attributes, dict):
            target.state = attributes

    def _outside(self, _: Any) -> None:
        # Something kept in another file, such as the numbers of a tensor.
        self.stack.append(Instance(""))

    def _outside_on_stack(self, _: Any) -> None:
        self._pop(1)
        self.stack.append(Instance(""))


def _mapping(values: list[Any]) -> dict[str, Any]:
    """Keys and values in turn. Keys that are no text are of no use, and may be slow to hash."""
    if len(values) % 2:
        raise ValueError("a key without a value")
    pairs = zip(values[::2], values[1::2], strict=True)
    return {key: value for key, value in pairs if isinstance(key, str)}


_IGNORED = frozenset({"PROTO", "FRAME", "STOP"})
_VALUES = """
    INT BININT BININT1 BININT2 LONG LONG1 LONG4 FLOAT BINFLOAT UNICODE BINUNICODE BINUNICODE8 SHORT_BINUNICODE
    STRING BINSTRING SHORT_BINSTRING BINBYTES BINBYTES8 SHORT_BINBYTES BYTEARRAY8
    """
_ARGUMENTS = frozenset(_VALUES.split())
_CONSTANTS: dict[str, Callable[[], Any]] = {
    "NONE": lambda: None,
    "NEWTRUE": lambda: True,
    "NEWFALSE": lambda: False,
    "EMPTY_TUPLE": tuple,
    "EMPTY_LIST": list,
    "EMPTY_DICT": dict,
    # A set is kept as a list: to hash what it holds could take long.
    "EMPTY_SET": list,
}
_TUPLES = {"TUPLE1": 1, "TUPLE2": 2, "TUPLE3": 3}
_FROM_MARK: dict[str, Callable[[list[Any]], Any]] = {
    "TUPLE": tuple,
    "LIST": list,
    "FROZENSET": list,
    "DICT": _mapping,
}
_ACTIONS: dict[str, Callable[[_Machine, Any], None]] = {
    "MARK": _Machine._mark,
    "POP": _Machine._drop,
    "POP_MARK": _Machine._drop_to_mark,
    "APPEND": _Machine._append,
    "APPENDS": _Machine._extend,
    "ADDITEMS": _Machine._extend,
    "SETITEM": _Machine._set_item,
    "SETITEMS": _Machine._update,
    "PUT": _Machine._put,
    "BINPUT": _Machine._put,
    "LONG_BINPUT": _Machine._put,
    "MEMOIZE": _Machine._put,
    "GET": _Machine._get,
    "BINGET": _Machine._get,
    "LONG_BINGET": _Machine._get,
    "GLOBAL": _Machine._refer,
    "STACK_GLOBAL": _Machine._refer,
    "REDUCE": _Machine._call,
    "NEWOBJ": _Machine._call,
    "NEWOBJ_EX": _Machine._call_with_names,
    "BUILD": _Machine._build,
    "PERSID": _Machine._outside,
    "BINPERSID": _Machine._outside_on_stack,
}
