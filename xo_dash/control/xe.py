"""Calls as lines for `xe`, the command line of a pool: to be read, and to be run by hand where one wants to."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from data.types import Home
from xo_dash.control.plan import Call, Question, Step, Transfer, Wait
from xo_dash.control.rehearsal import Placeholder
from xo_dash.control.xe_values import placeholders, variable, written

LINES: Final[Mapping[str, str]] = {
    "Bond.create": "bond-create network-uuid={0} pif-uuids={1} mac={2} mode={3}",
    "Bond.destroy": "bond-destroy uuid={0}",
    "Bond.set_mode": "bond-set-mode uuid={0} mode={1}",
    "Bond.set_property": "bond-param-set uuid={0} properties:{1}={2}",
    "PBD.create": "pbd-create host-uuid={0[host]} sr-uuid={0[SR]} {0[device_config]:device-config}",
    "PBD.destroy": "pbd-destroy uuid={0}",
    "PBD.plug": "pbd-plug uuid={0}",
    "PBD.unplug": "pbd-unplug uuid={0}",
    "PCI.get_dom0_access_status": "pci-get-dom0-access-status uuid={0}",
    "PIF.add_to_other_config": "pif-param-set uuid={0} other-config:{1}={2}",
    "PIF.forget": "pif-forget uuid={0}",
    "PIF.plug": "pif-plug uuid={0}",
    "PIF.reconfigure_ip": "pif-reconfigure-ip uuid={0} mode={1} IP={2} netmask={3} gateway={4} DNS={5}",
    "PIF.remove_from_other_config": "pif-param-remove uuid={0} param-name=other-config param-key={1}",
    "PIF.scan": "pif-scan host-uuid={0}",
    "PIF.unplug": "pif-unplug uuid={0}",
    "PUSB.set_passthrough_enabled": "pusb-param-set uuid={0} passthrough-enabled={1}",
    "Repository.forget": "repository-forget uuid={0}",
    "Repository.introduce": "repository-introduce name-label={0} name-description={1} binary-url={2} source-url={3} update={4}",
    "Repository.introduce_bundle": "repository-introduce-bundle name-label={0} name-description={1}",
    "Repository.introduce_remote_pool": "repository-introduce-remote-pool name-label={0} name-description={1} binary-url={2} "
    "certificate-file=cert.pem",
    "SR.add_tags": "sr-param-add uuid={0} param-name=tags param-key={1}",
    "SR.add_to_other_config": "sr-param-set uuid={0} other-config:{1}={2}",
    "SR.create": "sr-create host-uuid={0} {1:device-config} name-label={3} type={5} content-type={6} shared={7}",
    "SR.destroy": "sr-destroy uuid={0}",
    "SR.forget": "sr-forget uuid={0}",
    "SR.introduce": "sr-introduce uuid={0} name-label={1} type={3} content-type={4} shared={5}",
    "SR.probe": "sr-probe host-uuid={0} {1:device-config} type={2}",
    "SR.remove_from_other_config": "sr-param-remove uuid={0} param-name=other-config param-key={1}",
    "SR.remove_tags": "sr-param-remove uuid={0} param-name=tags param-key={1}",
    "SR.scan": "sr-scan uuid={0}",
    "SR.set_name_description": "sr-param-set uuid={0} name-description={1}",
    "SR.set_name_label": "sr-param-set uuid={0} name-label={1}",
    "VBD.create": "vbd-create vm-uuid={0[VM]} vdi-uuid={0[VDI]} device={0[userdevice]} type={0[type]} mode={0[mode]} "
    "bootable={0[bootable]}",
    "VBD.destroy": "vbd-destroy uuid={0}",
    "VBD.eject": "vbd-eject uuid={0}",
    "VBD.insert": "vbd-insert uuid={0} vdi-uuid={1}",
    "VBD.plug": "vbd-plug uuid={0}",
    "VBD.set_bootable": "vbd-param-set uuid={0} bootable={1}",
    "VBD.set_mode": "vbd-param-set uuid={0} mode={1}",
    "VBD.unplug": "vbd-unplug uuid={0}",
    "VDI.copy": "vdi-copy uuid={0} sr-uuid={1}",
    "VDI.create": "vdi-create sr-uuid={0[SR]} name-label={0[name_label]} virtual-size={0[virtual_size]} type=user",
    "VDI.destroy": "vdi-destroy uuid={0}",
    "VDI.disable_cbt": "vdi-disable-cbt uuid={0}",
    "VDI.enable_cbt": "vdi-enable-cbt uuid={0}",
    "VDI.pool_migrate": "vdi-pool-migrate uuid={0} sr-uuid={1}",
    "VDI.resize": "vdi-resize uuid={0} disk-size={1}",
    "VDI.resize_online": "vdi-resize uuid={0} disk-size={1} online=true",
    "VDI.set_name_description": "vdi-param-set uuid={0} name-description={1}",
    "VDI.set_name_label": "vdi-param-set uuid={0} name-label={1}",
    "VGPU.create": "vgpu-create vm-uuid={0} gpu-group-uuid={1} vgpu-type-uuid={4}",
    "VGPU.destroy": "vgpu-destroy uuid={0}",
    "VIF.add_to_qos_algorithm_params": "vif-param-set uuid={0} qos_algorithm_params:{1}={2}",
    "VIF.create": "vif-create vm-uuid={0[VM]} network-uuid={0[network]} device={0[device]} mac={0[MAC]}",
    "VIF.destroy": "vif-destroy uuid={0}",
    "VIF.move": "vif-move uuid={0} network-uuid={1}",
    "VIF.plug": "vif-plug uuid={0}",
    "VIF.remove_from_qos_algorithm_params": "vif-param-remove uuid={0} param-name=qos_algorithm_params param-key={1}",
    "VIF.set_ipv4_allowed": "vif-param-set uuid={0} ipv4-allowed={1}",
    "VIF.set_ipv6_allowed": "vif-param-set uuid={0} ipv6-allowed={1}",
    "VIF.set_locking_mode": "vif-param-set uuid={0} locking-mode={1}",
    "VIF.set_qos_algorithm_type": "vif-param-set uuid={0} qos_algorithm_type={1}",
    "VIF.unplug": "vif-unplug uuid={0}",
    "VLAN.create": "vlan-create pif-uuid={0} vlan={1} network-uuid={2}",
    "VLAN.destroy": "vlan-destroy uuid={0}",
    "VM.add_tags": "vm-param-add uuid={0} param-name=tags param-key={1}",
    "VM.add_to_HVM_boot_params": "vm-param-set uuid={0} HVM-boot-params:{1}={2}",
    "VM.add_to_VCPUs_params": "vm-param-set uuid={0} VCPUs-params:{1}={2}",
    "VM.add_to_blocked_operations": "vm-param-set uuid={0} blocked-operations:{1}={2}",
    "VM.add_to_other_config": "vm-param-set uuid={0} other-config:{1}={2}",
    "VM.add_to_platform": "vm-param-set uuid={0} platform:{1}={2}",
    "VM.checkpoint": "vm-checkpoint uuid={0} new-name-label={1}",
    "VM.clean_reboot": "vm-reboot uuid={0}",
    "VM.clean_shutdown": "vm-shutdown uuid={0}",
    "VM.clone": "vm-clone uuid={0} new-name-label={1}",
    "VM.copy": "vm-copy uuid={0} new-name-label={1} sr-uuid={2}",
    "VM.destroy": "vm-destroy uuid={0}",
    "VM.hard_reboot": "vm-reboot uuid={0} force=true",
    "VM.hard_shutdown": "vm-shutdown uuid={0} force=true",
    "VM.pause": "vm-pause uuid={0}",
    "VM.pool_migrate": "vm-migrate uuid={0} host-uuid={1} live=true",
    "VM.provision": "vm-param-set uuid={0} is-a-template=false",
    "VM.remove_from_HVM_boot_params": "vm-param-remove uuid={0} param-name=HVM-boot-params param-key={1}",
    "VM.remove_from_VCPUs_params": "vm-param-remove uuid={0} param-name=VCPUs-params param-key={1}",
    "VM.remove_from_blocked_operations": "vm-param-remove uuid={0} param-name=blocked-operations param-key={1}",
    "VM.remove_from_other_config": "vm-param-remove uuid={0} param-name=other-config param-key={1}",
    "VM.remove_from_platform": "vm-param-remove uuid={0} param-name=platform param-key={1}",
    "VM.remove_tags": "vm-param-remove uuid={0} param-name=tags param-key={1}",
    "VM.restart_device_models": "vm-restart-device-models uuid={0}",
    "VM.resume": "vm-resume uuid={0}",
    "VM.resume_on": "vm-resume uuid={0} on={1}",
    "VM.revert": "snapshot-revert snapshot-uuid={0}",
    "VM.set_VCPUs_at_startup": "vm-param-set uuid={0} VCPUs-at-startup={1}",
    "VM.set_VCPUs_max": "vm-param-set uuid={0} VCPUs-max={1}",
    "VM.set_VCPUs_number_live": "vm-vcpu-hotplug uuid={0} new-vcpus={1}",
    "VM.set_affinity": "vm-param-set uuid={0} affinity={1}",
    "VM.set_appliance": "vm-param-set uuid={0} appliance={1}",
    "VM.set_ha_restart_priority": "vm-param-set uuid={0} ha-restart-priority={1}",
    "VM.set_is_a_template": "vm-param-set uuid={0} is-a-template={1}",
    "VM.set_memory_dynamic_range": "vm-memory-dynamic-range-set uuid={0} min={1} max={2}",
    "VM.set_memory_limits": "vm-memory-limits-set uuid={0} static-min={1} static-max={2} dynamic-min={3} dynamic-max={4}",
    "VM.set_name_description": "vm-param-set uuid={0} name-description={1}",
    "VM.set_name_label": "vm-param-set uuid={0} name-label={1}",
    "VM.set_order": "vm-param-set uuid={0} order={1}",
    "VM.set_shutdown_delay": "vm-param-set uuid={0} shutdown-delay={1}",
    "VM.set_start_delay": "vm-param-set uuid={0} start-delay={1}",
    "VM.set_tags": "vm-param-set uuid={0} tags={1}",
    "VM.shutdown": "vm-shutdown uuid={0}",
    "VM.snapshot": "vm-snapshot uuid={0} new-name-label={1}",
    "VM.snapshot_with_quiesce": "vm-snapshot-with-quiesce uuid={0} new-name-label={1}",
    "VM.start": "vm-start uuid={0}",
    "VM.start_on": "vm-start uuid={0} on={1}",
    "VM.suspend": "vm-suspend uuid={0}",
    "VM.unpause": "vm-unpause uuid={0}",
    "VM_appliance.clean_shutdown": "appliance-shutdown uuid={0}",
    "VM_appliance.create": "appliance-create name-label={0[name_label]} name-description={0[name_description]}",
    "VM_appliance.destroy": "appliance-destroy uuid={0}",
    "VM_appliance.hard_shutdown": "appliance-shutdown uuid={0} force=true",
    "VM_appliance.set_name_description": "appliance-param-set uuid={0} name-description={1}",
    "VM_appliance.set_name_label": "appliance-param-set uuid={0} name-label={1}",
    "VM_appliance.start": "appliance-start uuid={0}",
    "VTPM.create": "vtpm-create vm-uuid={0}",
    "VTPM.destroy": "vtpm-destroy uuid={0}",
    "VUSB.create": "vusb-create vm-uuid={0} usb-group-uuid={1}",
    "VUSB.destroy": "vusb-destroy uuid={0}",
    "VUSB.unplug": "vusb-unplug uuid={0}",
    "host.add_to_logging": "host-param-set uuid={0} logging:{1}={2}",
    "host.add_to_other_config": "host-param-set uuid={0} other-config:{1}={2}",
    "host.apply_updates": "host-apply-updates uuid={0} hash={1}",
    "host.call_plugin": "host-call-plugin host-uuid={0} plugin={1} fn={2} {3:args}",
    "host.declare_dead": "host-declare-dead uuid={0}",
    "host.destroy": "host-forget uuid={0}",
    "host.is_in_emergency_mode": "host-is-in-emergency-mode",
    "host.disable": "host-disable uuid={0}",
    "host.enable": "host-enable uuid={0}",
    "host.get_servertime": "host-get-server-localtime uuid={0}",
    "host.get_vms_which_prevent_evacuation": "host-get-vms-which-prevent-evacuation uuid={0}",
    "host.install_server_certificate": "host-server-certificate-install host={0} certificate=cert.pem private-key=key.pem "
    "certificate-chain=chain.pem",
    "host.management_reconfigure": "host-management-reconfigure pif-uuid={0}",
    "host.power_on": "host-power-on uuid={0}",
    "host.reboot": "host-reboot uuid={0}",
    "host.remove_from_logging": "host-param-remove uuid={0} param-name=logging param-key={1}",
    "host.remove_from_other_config": "host-param-remove uuid={0} param-name=other-config param-key={1}",
    "host.reset_server_certificate": "host-reset-server-certificate host={0}",
    "host.set_iscsi_iqn": "host-param-set uuid={0} iscsi-iqn={1}",
    "host.set_multipathing": "host-param-set uuid={0} multipathing={1}",
    "host.set_name_description": "host-param-set uuid={0} name-description={1}",
    "host.set_name_label": "host-param-set uuid={0} name-label={1}",
    "host.set_power_on_mode": "host-set-power-on-mode host={0} power-on-mode={1}",
    "host.shutdown": "host-shutdown uuid={0}",
    "host.syslog_reconfigure": "host-syslog-reconfigure host-uuid={0}",
    "message.destroy": "message-destroy uuid={0}",
    "network.add_purpose": "network-param-add uuid={0} param-name=purpose param-key={1}",
    "network.add_tags": "network-param-add uuid={0} param-name=tags param-key={1}",
    "network.create": "network-create name-label={0[name_label]} name-description={0[name_description]} MTU={0[MTU]}",
    "network.destroy": "network-destroy uuid={0}",
    "network.remove_purpose": "network-param-remove uuid={0} param-name=purpose param-key={1}",
    "network.remove_tags": "network-param-remove uuid={0} param-name=tags param-key={1}",
    "network.set_MTU": "network-param-set uuid={0} MTU={1}",
    "network.set_default_locking_mode": "network-param-set uuid={0} default-locking-mode={1}",
    "network.set_name_description": "network-param-set uuid={0} name-description={1}",
    "network.set_name_label": "network-param-set uuid={0} name-label={1}",
    "pool.add_tags": "pool-param-add uuid={0} param-name=tags param-key={1}",
    "pool.add_to_other_config": "pool-param-set uuid={0} other-config:{1}={2}",
    "pool.configure_repository_proxy": "pool-configure-repository-proxy proxy-url={1} proxy-username={2} proxy-password=…",
    "pool.configure_update_sync": "pool-configure-update-sync update-sync-frequency={1} update-sync-day={2}",
    "pool.create_VLAN_from_PIF": "pool-vlan-create pif-uuid={0} network-uuid={1} vlan={2}",
    "pool.designate_new_master": "pool-designate-new-master host-uuid={0}",
    "pool.disable_ha": "pool-ha-disable",
    "pool.disable_repository_proxy": "pool-disable-repository-proxy",
    "pool.eject": "pool-eject host-uuid={0}",
    "pool.emergency_transition_to_master": "pool-emergency-transition-to-master",
    "pool.enable_ha": "pool-ha-enable heartbeat-sr-uuids={0}",
    "pool.join": "pool-join master-address={0} master-username={1} master-password=…",
    "pool.recover_slaves": "pool-recover-slaves",
    "pool.management_reconfigure": "pool-management-reconfigure network-uuid={0}",
    "pool.remove_from_other_config": "pool-param-remove uuid={0} param-name=other-config param-key={1}",
    "pool.remove_tags": "pool-param-remove uuid={0} param-name=tags param-key={1}",
    "pool.set_crash_dump_SR": "pool-param-set uuid={0} crash-dump-SR={1}",
    "pool.set_default_SR": "pool-param-set uuid={0} default-SR={1}",
    "pool.set_ha_host_failures_to_tolerate": "pool-param-set uuid={0} ha-host-failures-to-tolerate={1}",
    "pool.set_name_description": "pool-param-set uuid={0} name-description={1}",
    "pool.set_name_label": "pool-param-set uuid={0} name-label={1}",
    "pool.set_repositories": "pool-param-set uuid={0} repositories={1}",
    "pool.set_suspend_image_SR": "pool-param-set uuid={0} suspend-image-SR={1}",
    "pool.set_update_sync_enabled": "pool-set-update-sync-enabled value={1}",
    "pool.set_wlb_enabled": "pool-param-set uuid={0} wlb-enabled={1}",
    "pool.sync_updates": "pool-sync-updates force={1}",
    "pool_update.apply": "update-apply uuid={0} host={1}",
    "pool_update.precheck": "update-precheck uuid={0} host={1}",
    "secret.create": "secret-create value=…",
    "secret.get_uuid": "secret-param-get uuid={0} param-name=uuid",
    "task.cancel": "task-cancel uuid={0}",
}
"""{method: what follows `xe`}; fields are the call's parameters, objects by their uuid. Source: xe help --all."""


TRANSFERS: Final[Mapping[str, str]] = {
    "GET /export | PUT /import": "vm-export uuid={vm} filename= | xe -s {pool} vm-import filename=/dev/stdin sr-uuid={sr_id}",
    "GET /export": "vm-export uuid={ref} filename={file} compress={use_compression}",
    "GET /export_raw_vdi": "vdi-export uuid={vdi} filename={file} format={format}",
    "GET /pool/xmldbdump": "pool-dump-database file-name={file}",
    "PUT /bundle": "pool-sync-bundle filename={file}",
    "PUT /import": "vm-import filename={file} sr-uuid={sr_id} preserve={restore}",
    "PUT /pool/xmldbdump": "pool-restore-database file-name={file}",
    "PUT /import_raw_vdi": "vdi-import uuid={vdi} filename={file} format={format}",
}
"""The same for transfers; fields are their query's."""
UNSAID: Final = re.compile(r" [\w-]+=(?:'')?(?= |$)")
"""What a new object is not told."""
SPARING: Final = frozenset(
    {"PIF.reconfigure_ip", "Repository.introduce", "Repository.introduce_bundle", "Repository.introduce_remote_pool"}
)
"""Methods whose empty parameters are left out."""


def xe_lines(steps: Sequence[Step], home: Home) -> list[str]:
    """A line for each call; an answer that a later call needs is kept in a variable. What `xe` has no command for is a comment."""
    return list(_lines(steps, home))


def _lines(steps: Sequence[Step], home: Home) -> Iterator[str]:
    needed = {value.step for step in steps for value in placeholders(_parameters(step))}
    for number, step in enumerate(steps, 1):
        line = _line(step, home)
        if not line:
            continue
        yield f"{variable(Placeholder(_answered(step), number))}=$({line})" if number in needed and not line.startswith("#") else line


def _answered(step: Step) -> str:
    """The class of what its answer refers to."""
    match step:
        case Wait():
            return step.kind
        case Transfer():
            return step.answers
        case Call() | Question():
            return step.method.partition(".")[0]
        case _:
            return ""


def _line(step: Step, home: Home) -> str:
    """Of one step; "" for what `xe` cannot do."""
    if isinstance(step, Wait):
        words = str(step.asks[0]) if step.asks else ""
        return f"xe {words.format(*(written(value, home) for value in step.asks[1:]))}" if words else ""
    if isinstance(step, Transfer):
        return _transferred(step, home)
    if not isinstance(step, (Call, Question)):
        return ""
    values = [written(value, home) for value in step.parameters]
    if step.method not in LINES:
        return f"# XAPI: {step.method}({', '.join(map(str, values))})"
    where = f"-s {shlex.quote(step.member)} " if step.member else ""
    line = f"xe {where}{LINES[step.method].format(*values)}"
    if step.method in SPARING or any(isinstance(value, dict) for value in values):
        return UNSAID.sub("", line)
    return line.replace(" sr-uuid= ", " ").removesuffix(" sr-uuid=")


def _transferred(step: Transfer, home: Home) -> str:
    values = {name: written(value, home) for name, value in step.query.items()}
    if step.export is not None:
        there = home.pools.get(step.at)
        values |= {"vm": written(step.export.query.get("ref"), home), "pool": shlex.quote(there.server.label if there else "?")}
    line = TRANSFERS.get(step.method)
    if line is None:
        return f"# XAPI: {step.method} {' '.join(f'{name}={value}' for name, value in values.items())}"
    return f"xe {line.format(file=shlex.quote(step.name), **values)}"


def _parameters(step: Step) -> tuple[object, ...]:
    if isinstance(step, Transfer):
        return tuple(step.query.values())
    return step.parameters if isinstance(step, (Call, Question)) else step.asks[1:] if isinstance(step, Wait) else ()
