using ContainerTools.Linux.Events;

namespace ContainerTools.Runtime.Forwarding;

/// <summary>A socket, or a pair of them, that is waited for and worked on in turn with others.</summary>
internal interface IForwarding
{
    /// <summary>Whether it is done and closed.</summary>
    bool IsOver { get; }

    /// <summary>Whether time ends it.</summary>
    bool Expires { get; }

    /// <summary>Adds what it waits for; as many entries each time.</summary>
    void Watch(List<PollEntry> entries);

    /// <summary>Does what can be done without waiting.</summary>
    /// <param name="entries">All entries.</param>
    /// <param name="next">Its first one; moved past its own.</param>
    void Work(ReadOnlySpan<PollEntry> entries, ref int next);
}
