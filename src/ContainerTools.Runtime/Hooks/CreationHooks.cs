using ContainerTools.Oci.Runtime;
using ContainerTools.Runtime.Launching;
using ContainerTools.Runtime.State;

namespace ContainerTools.Runtime.Hooks;

/// <summary>The hooks of a container's creation: prestart and createRuntime on the host's side, createContainer on the container's.</summary>
internal sealed class CreationHooks : ILaunchHooks
{
    private readonly HooksSpec _hooks;
    private readonly StateDirectory _directory;
    private readonly ContainerStateFile _state;

    private CreationHooks(HooksSpec hooks, StateDirectory directory, ContainerStateFile state)
    {
        _hooks = hooks;
        _directory = directory;
        _state = state;
    }

    /// <summary>Those of a document, or null where it has none of these kinds.</summary>
    public static CreationHooks? For(RuntimeSpec spec, StateDirectory directory, ContainerStateFile state) =>
        spec.Hooks is { } hooks && (hooks.Prestart is { Count: > 0 } || hooks.CreateRuntime is { Count: > 0 } || hooks.CreateContainer is { Count: > 0 })
            ? new CreationHooks(hooks, directory, state)
            : null;

    public void AfterNamespaces(int pid)
    {
        // The specification once had prestart hooks run at the start: they are told what they would have been told there.
        HookRunner.Run("prestart", _hooks.Prestart, Describe(pid, "created"));
        HookRunner.Run("createRuntime", _hooks.CreateRuntime, Describe(pid, "creating"));
    }

    public void BeforePivot(int pid) => ContainerHooks.Run("createContainer", _hooks.CreateContainer, Describe(pid, "creating"), pid);

    private RuntimeState Describe(int pid, string status)
    {
        var document = _directory.Describe(_state, status);
        document.Pid = pid;
        return document;
    }
}
