"""Pictures of screens in the largest tiles: of running VMs that are seen, each once in 30 seconds."""

from playwright.async_api import Browser

from tests.map.pure import call, modules

STORY = """async () => {
  const asked = [], drawn = [];
  const screen = new OffscreenCanvas(40, 30);
  screen.getContext("2d").fillRect(0, 0, 40, 30);
  const picture = await screen.convertToBlob();
  window.fetch = async (path) => { asked.push(path); return path === "/2" ? { status: 204 } : { status: 200, blob: async () => picture }; };
  let came;
  const first = new Promise((done) => (came = done));
  const all = new screens.Screens((id) => `/${id}`, () => came(), () => {});
  const vms = [{ id: 1, state: 1 }, { id: 2, state: 1 }, { id: 3, state: 0 }];
  all.want(vms);
  all.want(vms);
  await first;
  const ctx = { drawImage: (_image, ...box) => drawn.push(box), strokeRect() {} };
  const taken = vms.map((vm) => all.draw({ ctx, theme: {}, alpha: 1 }, vm, { x: 10, y: 20, w: 200, h: 400 }));
  all.want(Array.from({ length: 40 }, (_, at) => ({ id: 10 + at, state: 0 })));
  const kept = all.held.size;
  all.stop();
  return [asked, taken, drawn, kept];
}"""


async def test_a_picture_is_asked_for_once_and_drawn_in_its_shape(browser: Browser) -> None:
    async with modules(browser, "screens") as page:
        asked, taken, drawn, kept = await call(page, f"({STORY})")
    assert asked == ["/1", "/2"]
    assert taken == [158, 0, 0] and drawn == [[10, 20, 200, 150]]
    assert kept == 24
