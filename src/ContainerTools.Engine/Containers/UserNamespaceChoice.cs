namespace ContainerTools.Engine.Containers;

/// <summary>Decides between a private range of ids and the host's user namespace.</summary>
internal static class UserNamespaceChoice
{
    /// <summary>Whether the container gets a private range.</summary>
    /// <param name="options">What the caller asks for; its warning is called where the answer may surprise.</param>
    /// <param name="idMappedLayers">Whether this kernel mounts layers with mapped ids.</param>
    /// <exception cref="ContainerToolsException">InvalidUserNamespace; UserNamespaceNotSupported: a private range was asked for explicitly.</exception>
    public static bool IsPrivate(ContainerOptions options, bool idMappedLayers)
    {
        switch (options.UserNamespace)
        {
            case "host":
                return false;
            case null or "" or "auto" or "private":
                break;
            default:
                throw new ContainerToolsException("InvalidUserNamespace", ErrorKind.InvalidArgument, $"The user namespace '{options.UserNamespace}' is not known; auto and host are.", options.UserNamespace);
        }
        bool asked = !string.IsNullOrEmpty(options.UserNamespace);
        if (!idMappedLayers)
        {
            if (asked)
                throw new ContainerToolsException("UserNamespaceNotSupported", ErrorKind.NotSupported, "This kernel cannot mount layers with mapped ids (Linux 5.19 can), so a private range of ids is not possible. Use -UserNamespace host.", options.UserNamespace);
            options.Warning?.Invoke("This kernel cannot mount layers with mapped ids (Linux 5.19 can): the container runs in the host's user namespace, and root inside is root outside.");
            return false;
        }
        if (asked)
            return true;
        string? reason = options.Privileged ? "-Privileged" : options.Network == "host" ? "-Network host" : options.PidNamespace == "host" ? "-PidNamespace host" : null;
        if (reason is null)
            return true;
        options.Warning?.Invoke($"{reason} implies -UserNamespace host: root inside is root outside. Give -UserNamespace auto to have a private range of ids nevertheless.");
        return false;
    }
}
