namespace ContainerTools.Engine.Rootless;

/// <summary>What a <see cref="SessionWorker"/> has beside its input and output.</summary>
internal enum SessionStream
{
    /// <summary>A stream of data to it.</summary>
    ToWorker,

    /// <summary>A stream of data from it.</summary>
    FromWorker,

    /// <summary>A socket for messages with descriptors, both ways.</summary>
    Messages,
}
