"""The HTTP paths a xapi has, apart from RPC: what each asks of its caller, also where nobody has written it yet."""

from __future__ import annotations

# (method, path): (realm of a 401, permission)
PATHS: dict[tuple[str, str], tuple[str, str]] = {
    ("GET", "/export"): ("get_export", "http/get_export"),
    ("PUT", "/import"): ("put_import", "http/put_import"),
    ("GET", "/export_metadata"): ("get_export_metadata", "http/get_export_metadata"),
    ("PUT", "/import_metadata"): ("put_import_metadata", "http/put_import_metadata"),
    ("GET", "/export_raw_vdi"): ("get_export_raw_vdi", "http/get_export_raw_vdi"),
    ("PUT", "/import_raw_vdi"): ("put_import_raw_vdi", "http/put_import_raw_vdi"),
    ("GET", "/vncsnapshot"): ("get_vncsnapshot", "http/get_vncsnapshot"),
    ("GET", "/rrd_updates"): ("rrd_updates", "http/rrd_updates"),
    ("GET", "/host_rrd"): ("host_rrd", "http/host_rrd"),
    ("GET", "/vm_rrd"): ("vm_rrd", "http/vm_rrd"),
    ("GET", "/sr_rrd"): ("sr_rrd", "http/sr_rrd"),
    ("GET", "/system-status"): ("get_system_status", "http/get_system_status"),
    ("GET", "/host_logs_download"): ("get_host_logs_download", "http/get_host_logs_download"),
    ("GET", "/audit_log"): ("get_audit_log", "http/get_audit_log"),
    ("GET", "/host_backup"): ("get_host_backup", "http/get_host_backup"),
    ("PUT", "/host_restore"): ("put_host_restore", "http/put_host_restore"),
    ("GET", "/pool/xmldbdump"): ("get_pool_xml_db_sync", "http/get_pool_xml_db_sync"),
    ("GET", "/services"): ("get_services", "http/get_services"),
    ("GET", "/updates"): ("get_updates", "http/get_updates"),
    ("GET", "/blob"): ("get_blob", "http/get_blob"),
    ("PUT", "/blob"): ("put_blob", "http/put_blob"),
    ("GET", "/console"): ("connect_console_ws", "http/connect_console_ws"),
    ("CONNECT", "/console"): ("connect_console", "http/connect_console"),
    ("GET", "/services/SM"): ("get_services", "http/get_services"),
}
