namespace ContainerTools.Engine.Systemd;

/// <summary>What a message is.</summary>
internal enum DBusMessageType : byte
{
    Call = 1,
    Return = 2,
    Error = 3,
    Signal = 4,
}
