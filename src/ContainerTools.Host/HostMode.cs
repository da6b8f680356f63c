namespace ContainerTools.Host;

/// <summary>Where the host's script comes from.</summary>
internal enum HostMode
{
    File,
    Command,
    StandardInput,
    Prompt,
    Version,
    Help,
    WrongUsage,
}
