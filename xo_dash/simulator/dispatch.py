"""From a request to an answer, with xapi's checks in xapi's order.

method known -> number of parameters -> their types -> session, HOST_IS_SLAVE -> not removed -> [Async: a task, its reference is the
answer] -> role -> objects exist -> the message itself (blocked operations, power state, queueing: see operations.py).
"""

from __future__ import annotations

import asyncio
import inspect
import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from . import generic, rights, tasks, text_filter, types
from .call import Call
from .dialect import MODERN, Dialect
from .errors import EmergencyError, XapiError
from .faults import Fault
from .model import Message, Model, Parameter
from .registry import Registry
from .transfer import audit_lines
from .types import NULL, Type
from .xmlrpc import XmlWriter

if TYPE_CHECKING:
    from .pool import Endpoint, Pool
    from .sessions import Session

log = logging.getLogger(__name__)

WITHOUT_SESSION = {
    "session.login_with_password",
    "session.slave_local_login_with_password",
    "session.slave_local_login",
    "session.slave_login",
}
ON_MEMBERS = {
    "session.slave_local_login_with_password", "session.slave_local_login", "session.local_logout",
    "pool.emergency_transition_to_master", "pool.emergency_reset_master", "pool.slave_reset_master", "pool.ping_slave",
    "host.emergency_ha_disable", "host.is_in_emergency_mode", "host.local_management_reconfigure", "host.management_disable",
    "host.shutdown_agent", "host.get_system_status_capabilities", "host.emergency_reset_server_certificate",
    "host.emergency_disable_tls_verification", "host.emergency_reenable_tls_verification", "host.emergency_clear_mandatory_guidance",
}  # fmt: skip
# references that xapi takes as they come: (position of the parameter), as it does all that plain setters write
TAKEN_AS_THEY_COME = {
    "VM.copy": (2,), "VDI.copy": (2, 3), "VM.set_appliance": (1,), "VM.set_snapshot_schedule": (1,), "VM.recover": (1,),
    "VM_appliance.recover": (1,), "VM.assert_can_be_recovered": (1,), "VM_appliance.assert_can_be_recovered": (1,),
    "VM.get_SRs_required_for_recovery": (1,), "VM_appliance.get_SRs_required_for_recovery": (1,),
    "pool.sync_trusted_certificates_from": (2,),
    # until they are needed
    "VM.resume_on": (1,), "VM.pool_migrate": (1,), "VM.set_suspend_VDI": (1,), "VBD.insert": (1,), "VDI.pool_migrate": (1,),
    "host.enable_local_storage_caching": (1,), "SR.create": (0,), "SR.set_physical_size": (0,), "pool.enable_redo_log": (0,),
}  # fmt: skip
LIST_METHODS = "system.listMethods"
ENTRY_POINTS = ("Async.", "InternalAsync.")


@dataclass(frozen=True, slots=True)
class Method:
    """A method as it is called: the model's message, and what answers it (None: nobody wrote that yet)."""

    message: Message
    handler: Callable[..., Any] | None
    required: int
    session: bool  # wants one as the first parameter
    refs: tuple[tuple[int, str], ...]  # parameters that must be existing objects: (position, class)
    permission: str  # what who calls it must have
    key: int | None  # the position of a key that may take another permission


@dataclass(frozen=True, slots=True)
class Answer:
    type: Type
    value: Any


def undocumented(name: str, handler: Callable[..., Any], classes: Iterable[str]) -> Message:
    """A method that xapi lists but does not document, as its handler's annotations describe it.

    Text that is named like a class is a reference of it: `vdi`.
    """
    kinds = {"str": "string", "int": "int", "bool": "bool", "float": "float"}
    references = {cls.lower(): f"{cls} ref" for cls in classes}
    hints = [p for p in inspect.signature(handler).parameters.values() if p.name not in ("call", "_call")]

    def kind(hint: inspect.Parameter) -> str:
        return references.get(hint.name, "string") if hint.annotation == "str" else kinds[hint.annotation]

    parameters = tuple(Parameter(p.name, types.parse(kind(p)), p.default is p.empty) for p in hints)
    result = inspect.signature(handler).return_annotation
    return Message(name, parameters, types.parse("bool" if result == "bool" else "string"), custom=True, asynchronous=True)


class Dispatcher:
    """Serves any number of pools; knows nothing of transports but the order of things."""

    def __init__(self, model: Model, registry: Registry, dialect: Dialect = MODERN) -> None:
        self.model = model
        self.dialect = dialect
        self.registry = registry
        self.xml = XmlWriter(model)
        self._gaps: set[str] = set()
        self.methods = {name: self._method(message) for name, message in model.messages.items()}
        self.hidden = {f"{c.name}.{name}" for c in model.classes.values() for name in c.hidden}
        for name in registry.messages.keys() - model.messages.keys():
            if name not in self.hidden:
                raise ValueError(f"{name} is written but XAPI has no such message")
            self.methods[name] = self._method(undocumented(name, registry.messages[name], model.classes))

    def _method(self, message: Message) -> Method:
        handler = self.registry.messages.get(message.name) or generic.handler(self.model, message)
        plain_setter = not message.custom and ".set_" in message.name
        free = (1,) if plain_setter else TAKEN_AS_THEY_COME.get(message.name, ())
        refs = tuple(
            (i, p.type.name)
            for i, p in enumerate(message.parameters)
            if p.type.kind == "ref" and p.type.name not in generic.VIRTUAL and i not in free
        )
        required = sum(p.required for p in message.parameters)
        guarded = rights.guarded_keys(message.name)
        key = next((i for i, p in enumerate(message.parameters) if guarded and p.name == "key"), None)
        return Method(message, handler, required, message.name not in WITHOUT_SESSION, refs, message.name.lower(), key)

    def list_methods(self) -> list[str]:
        return [name for name in (*self.methods, *sorted(self.hidden - self.methods.keys())) if self.dialect.knows(name)]

    async def call(self, pool: Pool, host: Endpoint, name: str, parameters: Sequence[Any], fault: Fault | None = None) -> Answer:
        """A client's call, `parameters` as they were decoded. Raises XapiError."""
        if (reason := pool.emergency.get(host.address)) and name not in ON_MEMBERS:
            raise EmergencyError(*reason)
        if name == LIST_METHODS:
            return Answer(types.parse("string set"), self.list_methods())
        prefix = next((p for p in ENTRY_POINTS if name.startswith(p)), "")
        bare = name[len(prefix) :]
        method = self._find(bare)
        if method is None or not self.dialect.knows(method.message.name):
            raise self._unknown(pool, host, bare, parameters)
        arguments = self._arguments(method, bare, parameters)
        session = self._session(pool, host, method, parameters)
        if method.message.removed:
            raise XapiError("MESSAGE_REMOVED")
        if prefix and not method.message.asynchronous:
            raise XapiError("Fault", f"No async mode for this operation (rpc: {bare})")
        if session.database and not method.message.name.startswith("session."):
            pool = session.database
        if prefix:
            task = tasks.create(pool, name, host=host.ref, session=session)
            call = Call(pool, session, host, method.message.name, label=name, task=task)
            pool.calls[task] = call
            pool.spawn(self._in_background(call, method, arguments, fault))
            return Answer(Type("ref", "task"), task)
        call = Call(pool, session, host, method.message.name)
        try:
            value = await self._audited(call, method, arguments, fault)
            return Answer(method.message.result, self.dialect.answer(method.message, value))
        except XapiError as error:
            raise self.dialect.error(error) from None
        finally:
            call.close()

    async def run(self, call: Call, arguments: Sequence[Any]) -> Any:
        """A call from inside: no envelope, no decoding."""
        try:
            return await self._perform(call, self.methods[call.method], list(arguments), None)
        finally:
            call.close()

    def _find(self, name: str) -> Method | None:
        if "." not in name and "_" in name:
            cls = max((c for c in self.model.classes if name.startswith(c + "_")), key=len, default="")
            name = f"{cls}.{name[len(cls) + 1 :]}"
        if name in self.hidden and name not in self.methods:
            raise self._gap(name)
        return self.methods.get(name)

    def _unknown(self, pool: Pool, host: Endpoint, name: str, parameters: Sequence[Any]) -> XapiError:
        """It might be a script of the host, so who asks for it must be signed in, and have the right to call one."""
        if parameters:
            session = self._signed_in(pool, host, parameters[0], name)
            rights.require(session, rights.EXTENSIONS)
        return XapiError("MESSAGE_METHOD_UNKNOWN", name)

    def _gap(self, name: str) -> XapiError:
        """A method nobody has written: said once in the log, and each time to the client."""
        if name not in self._gaps:
            self._gaps.add(name)
            log.warning("%s: nobody has written this method", name)
        return XapiError("NOT_IMPLEMENTED", name)

    def _arguments(self, method: Method, name: str, given: Sequence[Any]) -> list[Any]:
        """Without the session. What comes after optional ones is nobody's, and no error."""
        parameters = method.message.parameters
        arguments = given[1:] if method.session else given
        open_end = method.required < len(parameters)
        if not method.required <= len(arguments) or (len(arguments) > len(parameters) and not open_end) or len(given) < method.session:
            raise XapiError("MESSAGE_PARAMETER_COUNT_MISMATCH", name, method.required, len(given) - method.session)
        return [types.ACCEPT[p.type.kind](p.type, value) for p, value in zip(parameters, arguments, strict=False)]

    def _session(self, pool: Pool, host: Endpoint, method: Method, parameters: Sequence[Any]) -> Session:
        if method.session:
            return self._signed_in(pool, host, parameters[0], method.message.name)
        self._on_master(pool, host, method.message.name)
        return pool.sessions.internal

    def _signed_in(self, pool: Pool, host: Endpoint, ref: Any, name: str) -> Session:
        if not isinstance(ref, str):
            raise types.refuse("string", ref)
        self._on_master(pool, host, name)
        return pool.sessions.get(ref)

    def _on_master(self, pool: Pool, host: Endpoint, name: str) -> None:
        if not pool.is_master(host) and name not in ON_MEMBERS:
            raise XapiError("HOST_IS_SLAVE", pool.master.address)

    async def _audited(self, call: Call, method: Method, arguments: list[Any], fault: Fault | None) -> Any:
        """What a client calls: may he? It leaves a line in the audit log."""
        message = method.message
        if not audit_lines.audited(call, message.name):
            self._authorise(call, method, arguments)
            return await self._perform(call, method, arguments, fault)
        told = audit_lines.arguments_of(call, message, arguments) if "destroy" in message.name else ""
        outcome = ""
        try:
            self._authorise(call, method, arguments)
            outcome = "OK"
            return await self._perform(call, method, arguments, fault)
        except XapiError as error:
            outcome = outcome and audit_lines.failed(error.details)
            raise
        finally:
            audit_lines.note(call, message, told or audit_lines.arguments_of(call, message, arguments), outcome)

    async def _perform(self, call: Call, method: Method, arguments: list[Any], fault: Fault | None) -> Any:
        for position, cls in method.refs:
            if position < len(arguments):
                self._exists(call, cls, arguments[position], own=position == 0)
        if fault and fault.error:
            raise XapiError(*fault.error)
        if method.handler is None:
            raise self._gap(method.message.name)
        try:
            value = method.handler(call, *text_filter.kept(call.method, arguments))
            return await value if inspect.isawaitable(value) else value
        except XapiError as error:
            raise self._classed(method, arguments, error) from None

    def _classed(self, method: Method, arguments: list[Any], error: XapiError) -> XapiError:
        """A handle that leads nowhere has the class that its parameter has."""
        if error.details[:2] == ["HANDLE_INVALID", "object"]:
            ref = error.details[2]
            for parameter, value in zip(method.message.parameters, arguments, strict=False):
                if parameter.type.kind == "ref" and value == ref:
                    return XapiError("HANDLE_INVALID", parameter.type.name, ref)
        return error

    def _authorise(self, call: Call, method: Method, arguments: list[Any]) -> None:
        if call.session.permissions is not None:
            key = method.key
            rights.require(call.session, method.permission if key is None else rights.asked(method.message.name, arguments[key]))

    def _exists(self, call: Call, cls: str, ref: str, *, own: bool) -> None:
        """An optional object may be NULL; the one the call is about may not."""
        if ref in call.db.rows(cls) or (not own and ref in (NULL, "")):
            return
        raise XapiError("HANDLE_INVALID", cls, ref)

    async def _in_background(self, call: Call, method: Method, arguments: list[Any], fault: Fault | None) -> None:
        await asyncio.sleep(0)  # the task's reference is out before anything happens
        try:
            value = await self._audited(call, method, arguments, fault)
            void = method.message.result.kind == "void" and not self.dialect.void_result_is_xml
            tasks.succeed(call.pool, call.task, "" if void else self.xml.value(method.message.result, value))
        except XapiError as error:
            tasks.fail(call.pool, call.task, self.dialect.error(error))
        except Exception as error:
            log.exception("%s failed", call.method)
            tasks.fail(call.pool, call.task, XapiError("INTERNAL_ERROR", repr(error)))
