namespace ContainerTools.Runtime.Launching;

/// <summary>What is done while a container is made (runtime-spec config.md, "POSIX-platform Hooks").</summary>
internal interface ILaunchHooks
{
    /// <summary>The namespaces exist, nothing is mounted yet: prestart and createRuntime.</summary>
    /// <param name="pid">The container's process.</param>
    void AfterNamespaces(int pid);

    /// <summary>Everything is mounted, the root is still the host's: createContainer, in the container's namespaces.</summary>
    /// <param name="pid">The container's process.</param>
    void BeforePivot(int pid);
}
