using System.Management.Automation;
using System.Management.Automation.Runspaces;
using System.Reflection;

namespace ContainerTools.Host.Sessions;

/// <summary>Puts together what a session starts with: the engine's commands, the standard cmdlets and the module.</summary>
internal static class SessionStateFactory
{
    public static InitialSessionState Create(string moduleManifest)
    {
        var state = InitialSessionState.CreateDefault2();
        state.ThreadOptions = PSThreadOptions.UseCurrentThread;
        var known = new HashSet<string>(state.Commands.OfType<SessionStateCmdletEntry>().Select(c => c.Name), StringComparer.OrdinalIgnoreCase);
        InstalledPowerShell.ShareEngine();
        foreach (var library in InstalledPowerShell.FindModules())
            AddCmdlets(state, Assembly.LoadFrom(library), known);
        // An installed pwsh's cmdlets come first; what it does not have, or when there is none, is ours.
        AddCmdlets(state, typeof(SessionStateFactory).Assembly, known);
        state.ImportPSModule([moduleManifest]);
        return state;
    }

    private static void AddCmdlets(InitialSessionState state, Assembly assembly, HashSet<string> known)
    {
        foreach (var type in assembly.GetExportedTypes())
        {
            if (type.IsAbstract || type.GetCustomAttribute<CmdletAttribute>() is not { } cmdlet)
                continue;
            var name = $"{cmdlet.VerbName}-{cmdlet.NounName}";
            if (known.Add(name))
                state.Commands.Add(new SessionStateCmdletEntry(name, type, helpFileName: null));
        }
    }
}
