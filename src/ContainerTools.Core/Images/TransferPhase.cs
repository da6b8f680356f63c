namespace ContainerTools.Core.Images;

/// <summary>What is happening to a part of a transfer.</summary>
public enum TransferPhase
{
    /// <summary>The image's manifest and configuration are looked up.</summary>
    Resolving,

    /// <summary>Data arrives, and is unpacked as it does.</summary>
    Downloading,

    /// <summary>Data that is here is unpacked, or what was unpacked is being made durable.</summary>
    Unpacking,

    /// <summary>An archive is being read.</summary>
    Reading,

    /// <summary>An archive is being written.</summary>
    Writing,

    /// <summary>Data is sent to a registry.</summary>
    Uploading,

    /// <summary>The part is complete.</summary>
    Done,

    /// <summary>The part was there already.</summary>
    Exists,
}
