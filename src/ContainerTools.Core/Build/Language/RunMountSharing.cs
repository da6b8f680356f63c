namespace ContainerTools.Core.Build.Language;

/// <summary>What several steps may do with one cache mount at the same time.</summary>
public enum RunMountSharing
{
    /// <summary>All of them write it at once.</summary>
    Shared,

    /// <summary>Each gets a cache of its own while another uses it.</summary>
    Private,

    /// <summary>One waits for the other.</summary>
    Locked,
}
