import Reconciler from "react-reconciler";

const nothing = () => {};
const remove = (parent, child) => parent.children.splice(parent.children.indexOf(child), 1);
const append = (parent, child) => parent.children.push(child);
const insert = (parent, child, before) => parent.children.splice(parent.children.indexOf(before), 0, child);
const texts = ({ text, children = [] }) => (text === undefined ? children.flatMap(texts) : [text]);
const DEFAULT_PRIORITY = 16;

const reconciler = Reconciler({
  supportsMutation: true,
  isPrimaryRenderer: true,
  noTimeout: -1,
  scheduleTimeout: setTimeout,
  cancelTimeout: clearTimeout,
  getCurrentEventPriority: () => DEFAULT_PRIORITY,
  getRootHostContext: () => null,
  getChildHostContext: (context) => context,
  getPublicInstance: (instance) => instance,
  createInstance: (type) => ({ type, children: [] }),
  createTextInstance: (text) => ({ text }),
  appendInitialChild: append,
  appendChild: append,
  appendChildToContainer: append,
  insertBefore: insert,
  insertInContainerBefore: insert,
  removeChild: remove,
  removeChildFromContainer: remove,
  clearContainer: (container) => void (container.children.length = 0),
  finalizeInitialChildren: () => false,
  prepareUpdate: () => null,
  shouldSetTextContent: () => false,
  commitTextUpdate: (instance, _before, text) => void (instance.text = text),
  prepareForCommit: () => null,
  resetAfterCommit: (container) => container.draw(texts(container)),
  detachDeletedInstance: nothing,
  getInstanceFromNode: () => null,
  beforeActiveInstanceBlur: nothing,
  afterActiveInstanceBlur: nothing,
});

export function render(element, draw) {
  const LEGACY = 0;
  const root = reconciler.createContainer({ children: [], draw }, LEGACY, null, false, null, "", nothing, null);
  reconciler.updateContainer(element, root, null, null);
}
