using ContainerTools.TestSupport;

namespace ContainerTools.Module.Tests;

/// <summary>Lets the module work on another, empty store until it is disposed: another machine, as far as images go.</summary>
public sealed class OtherStore : IDisposable
{
    private readonly TemporaryStore _store = new();
    private readonly ModuleFixture _module;

    public OtherStore(ModuleFixture module)
    {
        _module = module;
        Set(_store);
    }

    public void Dispose()
    {
        _module.Run("Get-Container | Remove-Container -Force");
        Set(_module.Store);
        _store.Dispose();
    }

    private static void Set(TemporaryStore store)
    {
        foreach (var (name, value) in store.Environment)
            Environment.SetEnvironmentVariable(name, value);
    }
}
