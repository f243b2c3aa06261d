// The parts of the inspector protocol that the debugger reads, as they come over the wire: lines and columns from 0.

export interface RawLocation {
  readonly scriptId: string;
  readonly lineNumber: number;
  readonly columnNumber?: number;
}

export interface RawPreview {
  readonly overflow: boolean;
  readonly properties: readonly {
    readonly name: string;
    readonly type: string;
    readonly subtype?: string;
    readonly value?: string;
  }[];
  readonly entries?: readonly { readonly key?: RawPreview & RawObject; readonly value: RawPreview & RawObject }[];
}

export interface RawObject {
  readonly type: string;
  readonly subtype?: string;
  readonly className?: string;
  readonly value?: unknown;
  readonly unserializableValue?: string;
  readonly description?: string;
  readonly objectId?: string;
  readonly preview?: RawPreview;
}

export interface RawScope {
  readonly type: string;
  readonly object: RawObject;
}

export interface RawFrame {
  readonly callFrameId: string;
  readonly functionName: string;
  readonly location: RawLocation;
  readonly scopeChain: readonly RawScope[];
  readonly this: RawObject;
}

export interface RawPause {
  readonly callFrames: readonly RawFrame[];
  readonly reason: string;
  readonly data?: RawObject & { readonly uncaught?: boolean };
  readonly hitBreakpoints?: readonly string[];
  /** Who waits for the outermost call; only while V8 records it. */
  readonly asyncStackTrace?: RawAsyncTrace;
}

export interface RawAsyncTrace {
  readonly description?: string;
  readonly callFrames: readonly (RawLocation & { readonly functionName: string; readonly url: string })[];
  readonly parent?: RawAsyncTrace;
}

export interface RawScript {
  readonly scriptId: string;
  readonly url: string;
  readonly endLine: number;
  readonly endColumn: number;
  readonly sourceMapURL?: string;
  readonly isModule?: boolean;
  /** Node 26 tells here what older ones tell in an event of its own, `Debugger.breakpointResolved`. */
  readonly resolvedBreakpoints?: readonly { readonly breakpointId: string; readonly location: RawLocation }[];
}

export interface RawProperty {
  readonly name: string;
  readonly value?: RawObject;
  readonly get?: RawObject;
}

export interface RawEvaluated {
  readonly result: RawObject;
  readonly exceptionDetails?: { readonly text: string; readonly exception?: RawObject };
}
