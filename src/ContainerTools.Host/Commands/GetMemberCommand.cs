using System.Management.Automation;

namespace ContainerTools.Host.Commands;

[Cmdlet(VerbsCommon.Get, "Member")]
public sealed class GetMemberCommand : PSCmdlet
{
    private readonly HashSet<string> _seen = [];

    [Parameter(ValueFromPipeline = true)]
    public PSObject? InputObject { get; set; }

    [Parameter(Position = 0)]
    public string[] Name { get; set; } = ["*"];

    [Parameter]
    public PSMemberTypes MemberType { get; set; } = PSMemberTypes.All;

    protected override void ProcessRecord()
    {
        if (InputObject is null || !_seen.Add(InputObject.TypeNames[0]))
            return;
        var patterns = Name.Select(n => new WildcardPattern(n, WildcardOptions.IgnoreCase)).ToList();
        var members = InputObject.Members
            .Where(m => (m.MemberType & MemberType) != 0 && patterns.Exists(p => p.IsMatch(m.Name)) && !IsAccessor(m.Name))
            .OrderBy(m => m.MemberType.ToString(), StringComparer.Ordinal).ThenBy(m => m.Name, StringComparer.OrdinalIgnoreCase);
        foreach (var member in members)
        {
            var result = new PSObject();
            result.TypeNames.Insert(0, "Microsoft.PowerShell.Commands.MemberDefinition");
            result.Properties.Add(new PSNoteProperty("TypeName", InputObject.TypeNames[0]));
            result.Properties.Add(new PSNoteProperty("Name", member.Name));
            result.Properties.Add(new PSNoteProperty("MemberType", member.MemberType));
            result.Properties.Add(new PSNoteProperty("Definition", member.ToString()));
            WriteObject(result);
        }
    }

    private static bool IsAccessor(string name) => name.StartsWith("get_", StringComparison.Ordinal) || name.StartsWith("set_", StringComparison.Ordinal);
}
