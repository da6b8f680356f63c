using System.Management.Automation;

namespace ContainerTools.Host.Commands;

[Cmdlet(VerbsDiagnostic.Resolve, "Path")]
[OutputType(typeof(PathInfo))]
public sealed class ResolvePathCommand : PathCommand
{
    protected override void ProcessRecord() => ForEachPath(path =>
        WriteObject(SessionState.Path.GetResolvedPSPathFromPSPath(IsLiteral ? WildcardPattern.Escape(path) : path), true));
}
