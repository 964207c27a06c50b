// How large a tile is: by the RAM it holds, or one cell for each VM, or by vCPUs or disks. Pure; everything here is configured, nothing
// is measured, and where a VM runs has no say either: a start or a stop must not change the size of what did not move.

const LEGIBLE = 9;    // the side of the median tile below which cells of one size say more
export const LARGEST = 240;  // of such a cell
const ROOM = 1;       // of the hosts is what cells and parts of all VMs would take together; those that are off leave room for crowded hosts
const STEP = 1.12;

const amounts = { ram: (vm) => vm.ram, equal: () => 1, vcpu: (vm) => Math.max(1, vm.vcpus), disk: (vm) => Math.max(256, vm.disk) };

/**
 * @param {string} asked       auto, ram, equal, vcpu, disk
 * @param {object[]} vms       all there are, on or off
 * @param {number} area        px² there are for them
 * @param {number} scale       px² per MiB of RAM
 * @returns {{asked, mode, unit (px² for one of what `amount` gives), cell (its side, where all are equal), amount: (vm) => number}}
 */
export function sizing(asked, vms, area, scale) {
  const mode = asked !== "auto" ? asked : medianSide(vms, scale) < LEGIBLE ? "equal" : "ram";
  const amount = amounts[mode];
  const unit = mode === "ram" ? scale : step((ROOM * area) / Math.max(1, vms.reduce((sum, vm) => sum + amount(vm), 0)));
  return { asked, mode, unit, cell: Math.min(LARGEST, Math.sqrt(unit)), amount };
}

/** Whether another amount of one VM may change the size of the others. */
export const wouldDiffer = (sizes) => sizes.asked !== "ram" && sizes.asked !== "equal";

function medianSide(vms, scale) {
  const rams = vms.map((vm) => vm.ram).sort((a, b) => a - b);
  return rams.length ? Math.sqrt(rams[rams.length >> 1] * scale) : Infinity;
}

const step = (unit) => (unit > 0 ? STEP ** Math.floor(Math.log(unit) / Math.log(STEP) + 1e-9) : 0);
