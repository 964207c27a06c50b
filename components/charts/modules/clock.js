// Times as the reader writes them.

import { DAY } from "./window.js";

export function clocks(language) {
  const form = (options) => new Intl.DateTimeFormat(language, { hourCycle: "h23", ...options });
  const time = form({ hour: "2-digit", minute: "2-digit" });
  const seconds = form({ hour: "2-digit", minute: "2-digit", second: "2-digit" });
  const day = form({ day: "numeric", month: "short" });
  const month = form({ month: "short" });
  const weekday = form({ weekday: "short", day: "numeric" });
  const moment = form({ day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
  const whole = form({ day: "numeric", month: "short", year: "numeric" });
  const at = (t) => new Date(t * 1000);
  const isMidnight = (t) => at(t).getHours() === 0 && at(t).getMinutes() === 0;

  return {
    /** Of `marks` of window.js: [{ x in per cent, text }]; those too near to an edge are left out. */
    marks({ found, step }, { from, to }) {
      const written = (t) => (step >= 30 * DAY ? month : step >= 7 * DAY ? day : step >= DAY ? weekday : isMidnight(t) ? day : time).format(at(t));
      return found.map((t) => ({ x: ((t - from) / (to - from)) * 100, text: written(t) })).filter(({ x }) => x > 4 && x < 96);
    },
    /** A sample's own time: of a day only the day. */
    exact: (t, step) => (step >= DAY ? whole : step >= 3600 ? moment : seconds).format(at(t)),
    stretch({ from, to }) {
      if (to - from > 3 * DAY) return `${day.format(at(from))} – ${whole.format(at(to))}`;
      const same = at(from).toDateString() === at(to).toDateString();
      return `${moment.format(at(from))} – ${(same ? time : moment).format(at(to))}`;
    },
  };
}
