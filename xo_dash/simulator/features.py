"""What an edition of a pool restricts: the keys that xapi writes into pool.restrictions and host.license_params, one a feature."""

from __future__ import annotations

from collections.abc import Iterable

# true where the feature is there; all other keys are false then
POSITIVE = "enable_xha"
OLD = """
restrict_vlan restrict_qos restrict_pool_attached_storage restrict_netapp restrict_equalogic restrict_pooling enable_xha restrict_marathon
restrict_email_alerting restrict_historical_performance restrict_wlb restrict_rbac restrict_dmc restrict_checkpoint restrict_cpu_masking
restrict_connection platform_filter regular_nag_dialog restrict_vmpr restrict_vmss restrict_intellicache restrict_gpu restrict_dr
restrict_vif_locking restrict_storage_xen_motion restrict_vgpu restrict_integrated_gpu_passthrough restrict_vss
restrict_guest_agent_auto_update restrict_pci_device_for_auto_update restrict_xen_motion restrict_guest_ip_setting restrict_ad
restrict_nested_virt restrict_live_patching restrict_set_vcpus_number_live restrict_pvs_proxy restrict_igmp_snooping restrict_rpu
restrict_pool_size restrict_cbt restrict_usb_passthrough restrict_network_sriov restrict_corosync restrict_cluster_address
restrict_zstd_export restrict_pool_secret_rotation
"""
SINCE_8_2 = """
restrict_certificate_verification restrict_updates restrict_internal_repo_access restrict_vtpm restrict_vm_groups restrict_vm_start
restrict_vm_appliance_start
"""
# not xapi's own: the licence daemon adds them, and clients look for them
ADDED = """
restrict_vswitch_controller restrict_lab restrict_stage restrict_storagelink restrict_storagelink_site_recovery
restrict_web_selfservice restrict_web_selfservice_manager
"""


def restrictions(unknown: Iterable[str] = ()) -> dict[str, str]:
    """{key: "true" or "false"} of an edition that has everything but what its xapi does not know yet (`unknown`)."""
    known = [key for key in (OLD + SINCE_8_2 + ADDED).split() if key not in unknown]
    return {key: "true" if key == POSITIVE else "false" for key in known}
