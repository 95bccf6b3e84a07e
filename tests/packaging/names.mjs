// A reporter for `node --test`: the name of every test that passed.
export default async function* names(events) {
  for await (const { type, data } of events) {
    if (type === "test:pass" && data.skip === undefined && data.todo === undefined) {
      yield `${data.name}\n`;
    }
  }
}
