// Runs before a page's elements are mounted. NiceGUI has Vue watch every field of every element, which is a third of what mounting them
// costs, and is done again at every change. One of plain HTML is always told anew as a whole: that it is another is enough to know.
{
  const plain = (element) => (element && !element.tag.includes("-") ? Vue.markRaw(element) : element);
  const set = (elements, id, element) => Reflect.set(elements, id, plain(element));
  const data = app._component.data;
  app._component.data = () => {
    const { elements } = data();
    Object.values(elements).forEach(plain);
    return { elements: new Proxy(elements, { set }) };
  };
}
