import type { AnyProviderEvent, EventContext, EventHandler, Logger, ProviderEventEmitter } from "@openfeature/core";

/**
 * What a provider tells the SDK. Each SDK brings an emitter of its own, made for its platform; this
 * one serves both, so that an app installs only the SDK it uses.
 */
export class Events implements ProviderEventEmitter<AnyProviderEvent> {
  private readonly handlers = new Map<AnyProviderEvent, EventHandler[]>();
  private logger: Logger | undefined;

  emit(event: AnyProviderEvent, context?: EventContext): void {
    for (const handler of this.getHandlers(event)) {
      // one handler's fault is not the next one's
      Promise.resolve(context)
        .then((details) => handler(details as Parameters<EventHandler>[0]))
        .catch((error: unknown) => this.logger?.error(`a handler of ${event} failed`, error));
    }
  }

  addHandler(event: AnyProviderEvent, handler: EventHandler): void {
    this.handlers.set(event, [...this.getHandlers(event), handler]);
  }

  removeHandler(event: AnyProviderEvent, handler: EventHandler): void {
    const left = this.getHandlers(event).filter((one) => one !== handler);
    this.handlers.set(event, left);
  }

  removeAllHandlers(event?: AnyProviderEvent): void {
    event === undefined ? this.handlers.clear() : this.handlers.delete(event);
  }

  getHandlers(event: AnyProviderEvent): EventHandler[] {
    return this.handlers.get(event) ?? [];
  }

  setLogger(logger: Logger): this {
    this.logger = logger;
    return this;
  }
}
